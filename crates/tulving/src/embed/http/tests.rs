//! Against a server that misbehaves in each way.

mod server;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::AtomicUsize;
use std::sync::{Barrier, mpsc};
use std::thread;

use serde_json::json;

use self::server::{Reply, Request, Server, ok, right};
use super::*;

async fn connect(options: HttpOptions) -> Result<Http, EmbedError> {
    Http::connect_with(options, Duration::from_millis(1)).await
}

async fn embed(options: HttpOptions, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    connect(options).await?.embed(&texts, Purpose::Memory).await
}

#[tokio::test]
async fn a_request_is_what_such_servers_understand() {
    let server = Server::start(|_, request| right(request));
    let mut options = server.options();
    options.api_key = Some("sk-secret".into());
    let http = connect(options).await.unwrap();
    assert!(
        server.requests().is_empty(),
        "a width that is given is not asked for"
    );
    assert_eq!(http.space().dims, 3);
    assert_eq!(
        (http.space().provider.as_str(), http.space().model.as_str()),
        ("http", "model-x")
    );

    let vectors = http
        .embed(&["one".into(), "three".into()], Purpose::Query)
        .await
        .unwrap();
    assert_eq!(
        vectors,
        [[3.0, f32::from(b'o'), 1.0], [5.0, f32::from(b't'), 1.0]]
    );
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        request.body,
        json!({"model": "model-x", "input": ["one", "three"], "encoding_format": "float"})
    );
    assert!(
        request.head.starts_with("POST /v1/embeddings HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    assert!(
        request
            .head
            .to_lowercase()
            .contains("\r\nauthorization: bearer sk-secret\r\n")
    );
    assert!(
        request
            .head
            .to_lowercase()
            .contains("\r\ncontent-type: application/json\r\n")
    );
    assert!(!format!("{http:?}").contains("secret"));
}

#[tokio::test]
async fn a_width_that_is_not_given_is_learned() {
    let server = Server::start(|_, request| right(request));
    let http = connect(HttpOptions {
        dims: None,
        ..server.options()
    })
    .await
    .unwrap();
    assert_eq!((http.space().dims, server.requests().len()), (3, 1));
    assert!(server.requests()[0].body["dimensions"].is_null());
}

#[tokio::test]
async fn a_width_that_was_learned_stays_and_is_not_asked_for() {
    let server =
        Server::start(|before, _| ok(&json!({"data": [{"embedding": vec![1; 3 + 2 * before]}]})));
    let options = HttpOptions {
        dims: None,
        ..server.options()
    };
    let error = embed(options, &["a"]).await.unwrap_err();
    assert!(
        matches!(
            error,
            EmbedError::Unusable {
                why: Unusable::Width { dims: 3, got: 5 },
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_width_of_choice_is_asked_for_once_the_servers_own_is_known_to_differ() {
    let server = Server::start(|_, request| {
        let dims = request.body["dimensions"].as_u64().unwrap_or(5);
        let data: Vec<_> = request
            .texts()
            .iter()
            .map(|_| json!({"embedding": vec![1; dims as usize]}))
            .collect();
        ok(&json!({ "data": data }))
    });
    let http = connect(server.options()).await.unwrap();
    for _ in 0..2 {
        let vectors = http.embed(&["a".into()], Purpose::Memory).await.unwrap();
        assert_eq!(vectors, [[1.0; 3]]);
    }
    let told: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.body["dimensions"].as_u64())
        .collect();
    assert_eq!(told, [None, Some(3), Some(3)]);
}

#[tokio::test]
async fn order_is_kept_over_many_batches_at_once() {
    let server = Server::start(|_, request| {
        assert!(request.texts().len() <= 7);
        right(request)
    });
    let texts: Vec<String> = (1..=100).map(|length| "x".repeat(length)).collect();
    let http = connect(HttpOptions {
        batch: 7,
        concurrency: 5,
        ..server.options()
    })
    .await
    .unwrap();
    let vectors = http.embed(&texts, Purpose::Memory).await.unwrap();
    let lengths: Vec<usize> = vectors.iter().map(|vector| vector[0] as usize).collect();
    assert_eq!(lengths, (1..=100).collect::<Vec<_>>());
    assert_eq!(server.requests().len(), 15);
}

#[tokio::test]
async fn large_texts_travel_in_small_company() {
    let server = Server::start(|_, request| right(request));
    let large = "x".repeat(MOST_BYTES - 1);
    let vectors = embed(server.options(), &["a", &large, &large, "b", "c"])
        .await
        .unwrap();
    assert_eq!(vectors.len(), 5);
    let mut sizes: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.texts().len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2, 2]);

    let server = Server::start(|_, request| right(request));
    let larger = "x".repeat(MOST_BYTES + 1);
    embed(server.options(), &[&larger, "a"]).await.unwrap();
    let sizes = server.requests();
    let sizes = sizes.iter().map(|request| request.texts().len());
    assert!(sizes.eq([1, 1]), "a text too large travels alone");
}

#[tokio::test]
async fn nothing_and_blank_texts_are_not_sent() {
    let server = Server::start(|_, request| right(request));
    assert!(embed(server.options(), &[]).await.unwrap().is_empty());
    assert!(server.requests().is_empty());
    let vectors = embed(server.options(), &["", " a", " \n\u{a0}"])
        .await
        .unwrap();
    assert_eq!((&vectors[0], &vectors[2]), (&vec![0.0; 3], &vec![0.0; 3]));
    assert_eq!(server.requests()[0].texts(), [" a"]);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for failure in [
        || Reply::Status(429, "retry-after: 0\r\n", String::new()),
        || {
            Reply::Status(
                503,
                "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                "busy".into(),
            )
        },
        || Reply::Status(408, "", String::new()),
        || Reply::Status(500, "", String::new()),
        || Reply::HangUp,
    ] {
        let server = Server::start(move |before, request| {
            if before < 2 {
                failure()
            } else {
                right(request)
            }
        });
        assert_eq!(embed(server.options(), &["a"]).await.unwrap().len(), 1);
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn tries_end() {
    let server = Server::start(|_, _| Reply::Status(503, "", r#"{"error":"overloaded"}"#.into()));
    let error = embed(server.options(), &["a"]).await.unwrap_err();
    assert!(
        matches!(&error, EmbedError::Refused { status: 503, message, .. } if message == "overloaded"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 3);
    // A server that asks for an hour is not waited for.
    let server = Server::start(|_, _| Reply::Status(429, "retry-after: 3600\r\n", String::new()));
    assert!(embed(server.options(), &["a"]).await.is_err());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_stays_silent_is_a_timeout() {
    let server = Server::start(|_, _| Reply::Silence);
    let options = HttpOptions {
        timeout: Duration::from_millis(30),
        retries: 1,
        ..server.options()
    };
    let error = embed(options, &["a"]).await.unwrap_err();
    assert!(matches!(error, EmbedError::TimedOut { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "no answer within 0.03 s from the embedding server {}/v1/embeddings",
            server.url
        )
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_does_not_speak_the_protocol_is_not_asked_again() {
    let server = Server::start(|_, _| Reply::Noise);
    assert!(embed(server.options(), &["a"]).await.is_err());
    assert_eq!(server.requests().len(), 1);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let (called, calls) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            called.send(()).unwrap();
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection.write_all(b"HTTP/1.1 400 x\r\n\r\n");
        }
    });
    let options = HttpOptions {
        url,
        ..server.options()
    };
    let error = embed(options, &["a"]).await.unwrap_err();
    assert!(matches!(error, EmbedError::Unreachable { .. }), "{error:?}");
    assert_eq!(calls.try_iter().count(), 1);
}

#[tokio::test]
async fn an_answer_that_repeats_the_key_is_shown_without_it() {
    let server = Server::start(|_, _| Reply::Status(200, "", "what is sk-secret?".into()));
    let mut options = server.options();
    options.api_key = Some("sk-secret".into());
    let error = embed(options, &["a"]).await.unwrap_err();
    assert!(error.to_string().contains("what is …?"), "{error}");
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let options = HttpOptions {
        retries: 1,
        dims: Some(3),
        ..HttpOptions::new(format!("http://{closed}"), "m")
    };
    let error = embed(options, &["a"]).await.unwrap_err();
    assert!(matches!(error, EmbedError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refusal_is_final_and_says_why_without_the_key() {
    for status in [301, 400, 401, 404, 413, 422] {
        let server = Server::start(move |_, _| {
            let body =
                json!({"error": {"message": format!("bad key sk-secret {}", "y ".repeat(9999))}});
            Reply::Status(
                status,
                "location: http://127.0.0.1:1/\r\n",
                body.to_string(),
            )
        });
        let mut options = server.options();
        options.api_key = Some("sk-secret".into());
        let error = embed(options, &["a"]).await.unwrap_err();
        assert!(
            matches!(error, EmbedError::Refused { status: got, .. } if got == status),
            "{error}"
        );
        assert!(error.to_string().contains("bad key … y"), "{error}");
        assert!(!format!("{error:?}").contains("secret"));
        assert!(error.to_string().len() < 500);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_wrong_answer_to_one_batch_leaves_nothing() {
    type Wrong = fn(&Request) -> Reply;
    type Expected = fn(&Unusable) -> bool;
    let answers: [(Wrong, Expected); 5] = [
        (
            |_| ok(&json!({"data": []})),
            |why| matches!(why, Unusable::Count { asked: 1, got: 0 }),
        ),
        (
            |_| ok(&json!({"data": [{"index": 1, "embedding": [1, 2, 3]}]})),
            |why| *why == Unusable::Order,
        ),
        (
            |_| ok(&json!({"data": [{"embedding": [1, 2]}]})),
            |why| matches!(why, Unusable::Width { dims: 3, got: 2 }),
        ),
        (
            |_| ok(&json!({"data": [{"embedding": [1, null, 3]}]})),
            |why| *why == Unusable::NotFinite,
        ),
        (
            |_| Reply::Status(200, "", r#"{"data":[{"embedding":[1,NaN,3]}]}"#.into()),
            |why| matches!(why, Unusable::Malformed(_)),
        ),
    ];
    for (wrong, is_expected) in answers {
        let server = Server::start(move |_, request| {
            if request.texts() == ["bad"] {
                wrong(request)
            } else {
                right(request)
            }
        });
        let options = HttpOptions {
            batch: 1,
            ..server.options()
        };
        let error = embed(options, &["good", "bad", "better"])
            .await
            .unwrap_err();
        assert!(
            matches!(&error, EmbedError::Unusable { why, .. } if is_expected(why)),
            "{error}"
        );
        let requests = server.requests();
        let bad = requests.iter().filter(|request| request.texts() == ["bad"]);
        let told = bad.filter(|request| request.body["dimensions"].is_null());
        assert_eq!(told.count(), 1, "the same wrong answer would come again");
    }
}

#[tokio::test]
async fn a_text_is_embedded_once() {
    let server = Server::start(|_, request| right(request));
    let folder = tempfile::tempdir().unwrap();
    let options = HttpOptions {
        cache_dir: Some(folder.path().to_owned()),
        ..server.options()
    };
    let first = embed(options.clone(), &["one", "two", ""]).await.unwrap();
    assert_eq!(first[2], [0.0; 3]);
    let again = embed(options.clone(), &["", "two", "three", "one"])
        .await
        .unwrap();
    assert_eq!(
        (&again[0], &again[1], &again[3]),
        (&first[2], &first[1], &first[0])
    );
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.texts().join(" "))
        .collect();
    assert_eq!(sent, ["one two", "three"]);
    // For another purpose it is another vector.
    let http = connect(options).await.unwrap();
    for _ in 0..2 {
        http.embed(&["one".into()], Purpose::Query).await.unwrap();
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn a_cache_that_cannot_be_made_is_said_at_once_and_one_that_breaks_later_is_done_without() {
    let server = Server::start(|_, request| right(request));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let options = HttpOptions {
        cache_dir: Some(file),
        ..server.options()
    };
    assert!(matches!(
        connect(options).await,
        Err(EmbedError::Cache { .. })
    ));

    let cache = folder.path().join("cache");
    let http = connect(HttpOptions {
        cache_dir: Some(cache.clone()),
        ..server.options()
    })
    .await
    .unwrap();
    std::fs::remove_dir(&cache).unwrap();
    std::fs::write(&cache, "").unwrap();
    assert_eq!(
        http.embed(&["a".into()], Purpose::Memory)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn requests_at_once_are_as_many_as_allowed() {
    let (entered, count) = mpsc::channel();
    let running = Arc::new(AtomicUsize::new(0));
    let together = Barrier::new(3);
    let server = Server::start(move |_, request| {
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        entered.send(now).unwrap();
        together.wait();
        running.fetch_sub(1, Ordering::SeqCst);
        right(request)
    });
    let options = HttpOptions {
        batch: 1,
        concurrency: 3,
        timeout: Duration::from_secs(20),
        retries: 0,
        ..server.options()
    };
    embed(options, &["x"; 51]).await.unwrap();
    assert!(count.try_iter().all(|now| now <= 3));
}

//! Gemini: activity as JSON and as a page, Workspace, AI Studio.

use tulving_chats::{MessageKind, TimeSource};

use crate::support::{Heard, heard, of_bytes};

const JSON: &str = "gemini/Takeout/My Activity/Gemini Apps/MyActivity.json";
const PAGE: &str = "gemini/Takeout/My Activity/Gemini Apps/MyActivity.html";

fn all_turns(heard: &Heard) -> Vec<String> {
    let turns = heard.conversations.iter().map(|(_, turns)| {
        let turns: Vec<String> = turns
            .iter()
            .map(|turn| format!("{} → {}", turn.human, turn.assistant))
            .collect();
        turns.join(" / ")
    });
    turns.collect()
}

#[test]
fn turns_of_the_log_are_put_together_by_links_and_by_their_times() {
    let heard = heard(&[JSON]);
    assert_eq!(
        all_turns(&heard),
        [
            "linked first → one / linked later → two",
            "\"노르웨이의 수도는?\" 라고 물음 → 오슬로입니다.",
            "No answer came → ",
            "What is the longest fjord? → Scoresby Sund.\n\n```text\n350 km\n``` / And its depth? → Up to 1,300 m.",
            "What is a fjord? → A narrow inlet.\n\n- deep\n- steep",
        ]
    );
    let (conversation, turns) = &heard.conversations[3];
    assert!(conversation.is_grouped);
    assert_eq!(
        turns[0].created_at.unwrap().to_string(),
        "2026-07-26T06:07:57Z"
    );
    assert_eq!(conversation.messages[1].time_source, TimeSource::Inferred);
    let linked = heard.conversation("abc123");
    assert!(!linked.is_grouped);
    assert_eq!(
        heard.conversations[4].0.messages[0].attachments,
        ["map.png", "chart.pdf"]
    );
    let report = heard.file("MyActivity.json");
    let skipped: Vec<(&str, u64)> = report
        .skipped
        .iter()
        .map(|(reason, count)| (reason.name(), *count))
        .collect();
    assert_eq!(skipped, [("not_a_turn", 2), ("other_product", 1)]);
}

#[test]
fn the_page_says_the_same_in_other_languages_and_zones() {
    let heard = heard(&[PAGE]);
    assert_eq!(
        all_turns(&heard),
        [
            "Which whales live there & when? → Narwhals.\n\n| month | seen |\n|---|---|\n| May | often | / E no Brasil? → Não há fiordes.",
            "What is the longest fjord? → Scoresby Sund.",
        ]
    );
    let times: Vec<String> = heard
        .conversations
        .iter()
        .flat_map(|(_, turns)| turns)
        .map(|turn| turn.created_at.unwrap().to_string())
        .collect();
    assert_eq!(
        times,
        [
            "2026-07-20T09:00:00Z",
            "2026-07-20T09:10:00Z",
            "2026-07-26T06:07:57Z"
        ]
    );
    assert_eq!(
        heard.conversations[0].0.messages[0].attachments,
        ["whale.jpg", "b.pdf"]
    );
    let report = heard.file("MyActivity.html");
    let skipped: Vec<(&str, u64)> = report
        .skipped
        .iter()
        .map(|(reason, count)| (reason.name(), *count))
        .collect();
    assert_eq!(skipped, [("not_a_turn", 1), ("other_product", 1)]);
}

#[test]
fn what_stands_in_the_page_and_in_the_json_is_read_once() {
    for order in [[JSON, PAGE], [PAGE, JSON]] {
        let heard = heard(&order);
        let fjord = all_turns(&heard)
            .join(" ")
            .matches("What is the longest fjord?")
            .count();
        assert_eq!(fjord, 1, "{order:?}");
        assert_eq!(heard.skipped().get("duplicate"), Some(&1));
    }
}

#[test]
fn workspace_conversations_keep_the_last_of_what_was_made_again() {
    let heard = heard(&["gemini/Takeout/Gemini in Workspace"]);
    assert_eq!(
        all_turns(&heard),
        [
            "Sum up the minutes → A better summary.\n\nWith two parts. / Make a picture of it → [conversation_1_turn_3_images_0]"
        ]
    );
    let conversation = &heard.conversations[0].0;
    assert_eq!(conversation.title.as_deref(), Some("Minutes"));
    assert_eq!(conversation.messages.len(), 6);
    assert_eq!(heard.skipped().get("empty"), Some(&1));
}

#[test]
fn ai_studio_is_read_without_its_thoughts() {
    let heard = heard(&["gemini/Google AI Studio"]);
    assert_eq!(
        all_turns(&heard),
        ["[drive-1]\n\nRhyme on this → Roses are red. / And violets? → Blue."]
    );
    let conversation = &heard.conversations[0].0;
    assert_eq!(conversation.messages[2].kind, MessageKind::Reasoning);
    assert_eq!(
        conversation.messages[3].model.as_deref(),
        Some("models/gemini-2.5-pro")
    );
}

#[test]
fn a_log_has_the_same_ids_as_a_page_and_as_json() {
    // Of the first two, the later is half an hour later by the second, and not by the thousandth of it.
    let turns = [
        (
            "10:00:00",
            "100",
            "How  deep is\\n a fjord?",
            "How deep is a fjord?",
        ),
        ("10:30:00", "900", "And how long?", "And how long?"),
        ("15:00:00", "5", "Who lives there?", "Who  lives there?"),
    ];
    let (mut json, mut page) = (Vec::new(), String::new());
    for (time, fraction, question, shown) in turns.into_iter().rev() {
        json.push(format!(
            r#"{{"header": "Gemini Apps", "products": ["Gemini Apps"], "title": "Prompted {question}", "time": "2026-07-20T{time}.{fraction}Z", "safeHtmlItem": [{{"html": "<p>Very.</p>"}}]}}"#
        ));
        page.push_str(&format!(
            r#"<div class="outer-cell"><p class="mdl-typography--title">Gemini Apps<br></p><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">Prompted {shown}<br>Jul 20, 2026, {} {}<br><p>Very.</p></div></div>"#,
            time.replace("15:", "3:"),
            if time.starts_with("15") { "PM UTC" } else { "AM UTC" },
        ));
    }
    let ids = |heard: &Heard| -> Vec<(String, Vec<String>)> {
        let of = heard.conversations.iter().map(|(conversation, _)| {
            let messages = conversation.messages.iter();
            let messages = messages.map(|message| message.id.clone());
            (conversation.id.clone(), messages.collect())
        });
        of.collect()
    };
    let json = of_bytes(format!("[{}]", json.join(",")));
    let page = of_bytes(format!("<html><body>{page}</body></html>"));
    assert_eq!(ids(&json).len(), 2);
    assert_eq!(ids(&json), ids(&page));
}

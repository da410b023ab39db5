//! The configuration: what a file may say, what comes before what, and that no secret is shown.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tulving::model::{Kind, Scope};
use tulving_cli::config::{Backend, Config, Embedding, EmbeddingFlags, Env, KEYS, Overrides};
use tulving_cli::exit::CliError;

const A: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
const B: &str = "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09";

struct Case {
    dir: TempDir,
    flags: Overrides,
}

/// A configuration file with this text.
fn file(text: &str) -> Case {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("config.yaml");
    std::fs::write(&path, text).unwrap();
    let flags = Overrides {
        config: Some(path),
        ..Overrides::default()
    };
    Case { dir, flags }
}

impl Case {
    fn load(&self) -> Result<Config, CliError> {
        self.with([])
    }

    fn with<const N: usize>(
        &self,
        variables: [(&'static str, &'static str); N],
    ) -> Result<Config, CliError> {
        Config::load(self.flags.clone(), Env::of(variables))
    }

    fn fails(&self) -> String {
        let error = self.load().unwrap_err();
        assert_eq!(error.exit.code(), 2);
        error.to_string()
    }
}

#[test]
fn the_example_is_valid_and_names_every_key() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config.example.yaml");
    let text = std::fs::read_to_string(&example).unwrap();
    let config = file(&text).load().unwrap();
    assert_eq!(config.backend().unwrap(), Backend::File);
    assert!(config.show().iter().all(|shown| shown.problem.is_none()));
    for key in &KEYS {
        let name = key.path.rsplit('.').next().unwrap();
        assert!(
            text.contains(&format!("{name}:")),
            "{name} is not in the example"
        );
    }
    // What is commented out there must be valid as well.
    let uncommented = |line: &str| {
        let key = line
            .trim_start()
            .strip_prefix("# ")
            .and_then(|rest| rest.split_once(": "));
        match key {
            Some((name, _))
                if KEYS
                    .iter()
                    .any(|key| key.path.ends_with(&format!(".{name}"))) =>
            {
                line.replacen("# ", "", 1)
            }
            _ => line.to_owned(),
        }
    };
    let all: Vec<String> = text.lines().map(uncommented).collect();
    let all = all.join("\n");
    let error = file(&all).load().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("both a user and a tenant"), "{error}");
}

#[test]
fn without_a_file_the_defaults_hold() {
    for case in [file(""), file("# nothing\n"), file("memory:\npaths: ~\n")] {
        let config = case.load().unwrap();
        assert_eq!(config.backend().unwrap(), Backend::File);
        assert_eq!(config.pool_size().unwrap(), 8);
        assert_eq!(config.scope_if_named().unwrap(), None);
        assert_eq!(config.embedding().unwrap(), Embedding::Builtin);
        let retrieval = config.retrieval().unwrap();
        assert_eq!(
            (retrieval.top_k[Kind::Node], retrieval.top_k[Kind::Episode]),
            (10, 5)
        );
        assert_eq!(retrieval.min_score, None);
        assert_eq!(config.data_dir().unwrap(), case.dir.path().join("data"));
        assert_eq!(config.beside(), case.dir.path());
    }
}

#[test]
fn an_unknown_key_names_file_line_path_and_the_nearest() {
    for (text, line, path, meant) in [
        ("memroy:\n  backend: file\n", 1, "memroy", "memory"),
        (
            "memory:\n  backnd: file\n",
            2,
            "memory.backnd",
            "memory.backend",
        ),
        (
            "memory:\n  postgres: { pool_sise: 8 }\n",
            2,
            "memory.postgres.pool_sise",
            "memory.postgres.pool_size",
        ),
        ("\ndata_dir: x\n", 2, "data_dir", "paths.data_dir"),
        (
            "retrieval:\n  top_k: 3\n  min_scor: 0\n",
            2,
            "retrieval.top_k",
            "process_top_k",
        ),
    ] {
        let error = file(text).fails();
        assert!(
            error.contains(&format!("config.yaml, line {line}: unknown key \"{path}\"")),
            "{error}"
        );
        assert!(error.contains(meant), "{error}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_names_its_path() {
    for (text, said) in [
        (
            "memory: file\n",
            "line 1: memory must be a section with backend, postgres, not a single",
        ),
        (
            "memory:\n  backend: [file]\n",
            "line 2: memory.backend takes a single value, not a list",
        ),
        (
            "paths:\n  data_dir: {a: b}\n",
            "paths.data_dir takes a single value, not a section",
        ),
        ("memory:\n  backend: postgre\n", "memory.backend"),
        (
            "memory: {postgres: {pool_size: many}}\n",
            "memory.postgres.pool_size",
        ),
        (
            "memory: {postgres: {pool_size: 0}}\n",
            "a whole number from 1 to 100",
        ),
        ("retrieval: {min_score: .nan}\n", "retrieval.min_score"),
        ("- a\n", "the file must be a section with memory, paths"),
    ] {
        let error = file(text).fails();
        assert!(
            error.contains(said) && error.contains("config.yaml"),
            "{text}: {error}"
        );
    }
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let mut case = file(&format!(
        "memory: {{backend: postgres}}\nscope: {{user_id: {A}}}\npaths: {{data_dir: x}}\n"
    ));
    let config = case.load().unwrap();
    assert_eq!(config.backend().unwrap(), Backend::Postgres);
    assert_eq!(config.scope().unwrap(), Scope::User(A.parse().unwrap()));
    assert_eq!(config.data_dir().unwrap(), case.dir.path().join("x"));

    let variables = [
        ("TULVING_BACKEND", "file"),
        ("TULVING_TENANT_ID", B),
        ("TULVING_DATA_DIR", "y"),
    ];
    let config = case.with(variables).unwrap();
    assert_eq!(config.backend().unwrap(), Backend::File);
    assert_eq!(config.scope().unwrap(), Scope::Tenant(B.parse().unwrap()));
    assert_eq!(config.data_dir().unwrap(), PathBuf::from("y"));

    case.flags.backend = Some(Backend::Postgres);
    case.flags.user_id = Some(B.to_owned());
    case.flags.data_dir = Some(PathBuf::from("z"));
    let config = case.with(variables).unwrap();
    assert_eq!(config.backend().unwrap(), Backend::Postgres);
    assert_eq!(config.scope().unwrap(), Scope::User(B.parse().unwrap()));
    assert_eq!(config.data_dir().unwrap(), PathBuf::from("z"));
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let config = file("memory: {backend: postgres}\n")
        .with([("TULVING_BACKEND", "")])
        .unwrap();
    assert_eq!(config.backend().unwrap(), Backend::Postgres);
    assert!(config.database_url().is_err());
}

#[test]
fn variables_are_put_in_when_the_value_is_needed() {
    let case = file(
        "memory: {backend: '${BACK:-file}', postgres: {connection_string: '${PG}', pool_size: '${N}'}}\n\
         paths: {data_dir: '${DIR}/memory'}\nembedding: {model: '${NONE:-}'}\n",
    );
    let config = case.load().unwrap();
    assert_eq!(config.backend().unwrap(), Backend::File);
    assert_eq!(config.embedding().unwrap(), Embedding::Builtin);
    let error = config.pool_size().unwrap_err().to_string();
    assert!(
        error.contains("N environment variable not set: memory.postgres.pool_size"),
        "{error}"
    );
    let error = config.database_url().unwrap_err().to_string();
    assert!(
        error.starts_with("error: PG environment variable not set"),
        "{error}"
    );

    let config = case
        .with([("PG", "postgres://h/d"), ("N", "3"), ("DIR", "/srv")])
        .unwrap();
    assert_eq!(config.database_url().unwrap().expose(), "postgres://h/d");
    assert_eq!(config.pool_size().unwrap(), 3);
    assert_eq!(config.data_dir().unwrap(), PathBuf::from("/srv/memory"));

    let error = case
        .with([("N", "canary")])
        .unwrap()
        .pool_size()
        .unwrap_err()
        .to_string();
    assert!(error.contains("a whole number"), "{error}");
}

#[test]
fn the_connection_string_comes_from_the_environment_first() {
    let case = file("memory: {postgres: {connection_string: 'postgres://file/d'}}\n");
    assert_eq!(
        case.load().unwrap().database_url().unwrap().expose(),
        "postgres://file/d"
    );
    let config = case
        .with([("DATABASE_URL", "postgres://env/$${d}")])
        .unwrap();
    assert_eq!(
        config.database_url().unwrap().expose(),
        "postgres://env/$${d}"
    );
}

#[test]
fn a_missing_connection_string_says_what_to_do() {
    for text in [
        "",
        "memory: {postgres: {connection_string: '${DATABASE_URL}'}}\n",
    ] {
        let error = file(text).load().unwrap().database_url().unwrap_err();
        assert_eq!(error.exit.code(), 2);
        assert!(
            error
                .message
                .starts_with("DATABASE_URL environment variable not set"),
            "{error}"
        );
        assert!(
            error
                .hint
                .unwrap()
                .starts_with("export DATABASE_URL=postgresql://")
        );
    }
}

#[test]
fn both_scopes_in_one_place_are_refused() {
    let text = format!("scope:\n  user_id: {A}\n  tenant_id: {B}\n");
    let error = file(&text).fails();
    assert!(
        error.contains("config.yaml line 2") && error.contains("config.yaml line 3"),
        "{error}"
    );

    let variables = [("TULVING_USER_ID", A), ("TULVING_TENANT_ID", B)];
    let error = file("").with(variables).unwrap_err().to_string();
    assert!(
        error.contains("TULVING_USER_ID, TULVING_TENANT_ID"),
        "{error}"
    );

    let mut case = file("");
    case.flags.user_id = Some(A.to_owned());
    case.flags.tenant_id = Some(B.to_owned());
    assert!(case.fails().contains("--user-id, --tenant-id"));
}

#[test]
fn an_invalid_id_names_the_value_and_its_place() {
    let error = file("scope:\n  user_id: me\n")
        .load()
        .unwrap()
        .scope()
        .unwrap_err();
    assert!(
        error
            .message
            .starts_with("Invalid UUID format: \"me\" (from "),
        "{error}"
    );
    assert!(error.message.contains("config.yaml line 2"), "{error}");
    let error = file("").load().unwrap().scope().unwrap_err();
    assert!(error.hint.unwrap().contains("--user-id"));
}

#[test]
fn the_tenant_of_a_new_user_comes_from_the_flag_alone() {
    let mut case = file(&format!("scope: {{tenant_id: {A}}}\n"));
    assert_eq!(case.load().unwrap().tenant_flag().unwrap(), None);
    case.flags.tenant_id = Some(B.to_owned());
    assert_eq!(
        case.load().unwrap().tenant_flag().unwrap(),
        Some(B.parse().unwrap())
    );
}

#[test]
fn a_server_for_vectors_needs_address_and_model_and_a_local_model_a_directory() {
    for (text, message) in [
        ("provider: http", "embedding.url is not set"),
        (
            "provider: http, url: 'http://h/v1'",
            "embedding.model is not set",
        ),
        ("provider: local", "embedding.path is not set"),
        ("provider: local, path: m", "embedding.model is not set"),
    ] {
        let case = file(&format!("embedding: {{{text}}}\n"));
        let error = case.load().unwrap().embedding().unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert_eq!((error.exit.code(), error.hint.is_some()), (2, true));
    }
    // What only a server needs is not asked for without one.
    let case = file("embedding: {provider: builtin, api_key_env: KEY, url: '${NONE}'}\n");
    assert_eq!(
        case.load().unwrap().embedding().unwrap(),
        Embedding::Builtin
    );
}

#[test]
fn vectors_of_a_server_are_kept_in_the_platforms_cache() {
    let case = file("embedding: {provider: http, url: 'http://h/v1', model: m}\n");
    let cache = |config: Config| match config.embedding().unwrap() {
        Embedding::Http(http) => http.cache,
        _ => None,
    };
    let own = case
        .with([("HOME", "/h"), ("XDG_CACHE_HOME", "/c")])
        .unwrap();
    assert_eq!(cache(own), Some(PathBuf::from("/c/tulving/embeddings")));
    let home = cache(case.with([("HOME", "/h")]).unwrap()).unwrap();
    assert!(home.starts_with("/h") && home.ends_with("tulving/embeddings"));
    // No place is no reason to fail, and a relative one would be another in each directory.
    assert_eq!(cache(case.load().unwrap()), None);
    assert_eq!(cache(case.with([("XDG_CACHE_HOME", "c")]).unwrap()), None);
}

#[test]
fn no_secret_is_shown() {
    let canary = "postgres://u:canary@h/d";
    let case = file(&format!(
        "memory: {{postgres: {{connection_string: '{canary}'}}}}\n\
         embedding: {{provider: http, url: 'https://canary@h/v1', model: m, api_key_env: KEY}}\n"
    ));
    let config = case.with([("KEY", "canary")]).unwrap();
    let all = format!(
        "{config:?} {:?} {:?} {:?}",
        config.show(),
        config.database_url().unwrap(),
        config.embedding().unwrap()
    );
    assert!(!all.contains("canary"), "{all}");
    let Embedding::Http(http) = config.embedding().unwrap() else {
        panic!("another provider");
    };
    assert_eq!(http.api_key.unwrap().expose(), "canary");
    let error = case.load().unwrap().embedding().unwrap_err();
    assert!(
        error
            .message
            .starts_with("KEY environment variable not set"),
        "{error}"
    );

    // Put where it does not belong, it is not repeated either.
    for text in [
        format!("{canary}: x\n"),
        format!("memory: {{'{canary}'}}\n"),
        format!("memory: '{canary}'\n"),
        format!("memory: {{backend: '{canary}'}}\n"),
        format!("memory: {{postgres: {{connection_string: ['{canary}']}}}}\n"),
        "embedding: {api_key_env: sk-canary}\n".to_owned(),
        format!("memory: {{postgres: {{connection_string: '{canary}${{'}}}}\n"),
    ] {
        let case = file(&text);
        let error = match case.load() {
            Err(error) => error,
            Ok(config) => config.database_url().unwrap_err(),
        };
        assert!(!error.to_string().contains("canary"), "{error}");
        assert!(
            !format!("{:?}", error.to_string()).contains("canary"),
            "{error}"
        );
    }
}

#[test]
fn a_local_model_has_a_directory_that_is_relative_to_the_file_and_a_name() {
    let case =
        file("embedding: {provider: local, path: m/bge, model: BAAI/bge-m3, dimensions: 1024}\n");
    let config = case.load().unwrap();
    let Embedding::Local(local) = config.embedding().unwrap() else {
        panic!("another provider");
    };
    assert!(local.path.is_absolute() && local.path.ends_with("m/bge"));
    assert_eq!(
        (local.model.as_str(), local.dimensions),
        ("BAAI/bge-m3", Some(1024))
    );
    // A variable and a flag are relative to where the person is.
    let told = case.with([("TULVING_EMBEDDING_PATH", "here")]).unwrap();
    assert!(
        matches!(told.embedding().unwrap(), Embedding::Local(local) if local.path == Path::new("here"))
    );
    let mut flags = EmbeddingFlags {
        path: Some("there".into()),
        ..EmbeddingFlags::default()
    };
    // What is in another directory has another name.
    let error = config.embedding_with(&flags).unwrap_err();
    assert!(error.message.contains("--model is not given"), "{error}");
    flags.model = Some("other".to_owned());
    assert!(
        matches!(config.embedding_with(&flags).unwrap(), Embedding::Local(local) if local.path == Path::new("there"))
    );
    let flags = EmbeddingFlags {
        url: Some("http://h/v1".to_owned()),
        path: Some("there".into()),
        ..EmbeddingFlags::default()
    };
    let error = config.embedding_with(&flags).unwrap_err();
    assert!(
        error
            .message
            .contains("--path cannot be given where the provider is http"),
        "{error}"
    );
}

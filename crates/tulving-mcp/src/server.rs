//! A server: requests of both eras, answered one by one.

use serde_json::{Map, Value, json};

use crate::arguments::Arguments;
use crate::era::{self, Era, MODERN};
use crate::message::{Fault, Reply, Request};
use crate::tool::{Called, Tool, Tools};

/// What a server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Its name.
    pub name: &'static str,
    /// Its name, for people.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// A server of tools. It keeps nothing of who asked before.
#[derive(Debug)]
pub struct Server<T> {
    info: Info,
    tools: T,
}

/// How long a client may keep the list of tools, in milliseconds: it changes with the program alone.
const FRESH: u64 = 300_000;

/// Characters of a name that a message repeats.
const NAME: usize = 80;

impl<T: Tools> Server<T> {
    /// Makes a server of these tools.
    #[must_use]
    pub fn new(info: Info, tools: T) -> Self {
        Self { info, tools }
    }

    /// Returns the tools.
    #[must_use]
    pub fn tools(&self) -> &T {
        &self.tools
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Reply {
        let Request { id, method, params } = request;
        match self.result(&method, params).await {
            Ok(result) => Reply::result(&id, &result),
            Err(fault) => fault.reply(Some(&id)),
        }
    }

    async fn result(&self, method: &str, params: Map<String, Value>) -> Result<Value, Fault> {
        let era = Era::of(method, &params)?;
        let result = match (era, method) {
            (Era::Legacy, "initialize") => self.begun(&params),
            (Era::Legacy, "ping") => json!({}),
            (Era::Modern, "server/discover") => fresh(json!({
                "supportedVersions": MODERN,
                "capabilities": capabilities(),
                "instructions": self.tools.instructions(),
            })),
            (_, "tools/list") => self.listed(era, &params)?,
            (_, "tools/call") => self.called(params).await?,
            _ => {
                let message = format!("Method not found: {}", name(method));
                return Err(Fault::new(Fault::NO_SUCH_METHOD, message));
            }
        };
        Ok(match era {
            Era::Legacy => result,
            Era::Modern => self.complete(result),
        })
    }

    /// What a client that begins is told.
    fn begun(&self, params: &Map<String, Value>) -> Value {
        let wanted = params.get("protocolVersion").and_then(Value::as_str);
        json!({
            "protocolVersion": era::agreed(wanted),
            "capabilities": capabilities(),
            "serverInfo": self.info(),
            "instructions": self.tools.instructions(),
        })
    }

    fn listed(&self, era: Era, params: &Map<String, Value>) -> Result<Value, Fault> {
        if params.get("cursor").is_some_and(|cursor| !cursor.is_null()) {
            let message = "there is no such cursor: all tools are on one page";
            return Err(Fault::new(Fault::BAD_PARAMS, message));
        }
        let tools: Vec<Value> = self.tools.list().iter().map(Tool::listed).collect();
        let tools = json!({"tools": tools});
        Ok(match era {
            Era::Legacy => tools,
            Era::Modern => fresh(tools),
        })
    }

    async fn called(&self, mut params: Map<String, Value>) -> Result<Value, Fault> {
        let Some(Value::String(wanted)) = params.remove("name") else {
            return Err(Fault::new(
                Fault::BAD_PARAMS,
                "params.name must be the name of a tool",
            ));
        };
        let Some(tool) = self.tools.list().iter().find(|tool| tool.name == wanted) else {
            let message = format!("Unknown tool: {}", name(&wanted));
            return Err(Fault::new(Fault::BAD_PARAMS, message));
        };
        Ok(match Arguments::read(params.remove("arguments")) {
            Ok(arguments) => self.tools.call(tool, arguments).await.result(),
            Err(why) => Called::Failure(format!("error (usage): {why}")).result(),
        })
    }

    fn info(&self) -> Value {
        let Info {
            name,
            title,
            version,
        } = self.info;
        json!({"name": name, "title": title, "version": version})
    }

    /// Returns a result with what each has in the newer era.
    fn complete(&self, mut result: Value) -> Value {
        result["resultType"] = json!("complete");
        result["_meta"] = json!({"io.modelcontextprotocol/serverInfo": self.info()});
        result
    }
}

fn capabilities() -> Value {
    json!({"tools": {}})
}

/// Returns a result that may be kept for a while, by anybody: it is the same for all.
fn fresh(mut result: Value) -> Value {
    result["ttlMs"] = json!(FRESH);
    result["cacheScope"] = json!("public");
    result
}

/// Returns a name that somebody else chose, so short that a message may repeat it.
fn name(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Incoming;
    use crate::tool::Effect;

    struct Echo(Vec<Tool>);

    impl Tools for Echo {
        fn list(&self) -> &[Tool] {
            &self.0
        }

        fn instructions(&self) -> &str {
            "Say something."
        }

        async fn call(&self, _: &Tool, mut arguments: Arguments) -> Called {
            match arguments.text(&["text"]) {
                Ok(text) => Called::Answer(text.unwrap_or_default()),
                Err(why) => Called::Failure(why.to_string()),
            }
        }
    }

    fn server() -> Server<Echo> {
        let tool = |name, effect| Tool {
            name,
            title: "Echo",
            description: "Says the same.",
            input: json!({"type": "object", "properties": {"text": {"type": "string"}}}),
            effect,
            always: effect == Effect::Reads,
        };
        let info = Info {
            name: "echo",
            title: "Echo",
            version: "1",
        };
        Server::new(
            info,
            Echo(vec![
                tool("echo", Effect::Reads),
                tool("keep", Effect::Adds),
            ]),
        )
    }

    async fn asked(method: &str, params: Value) -> Value {
        let line =
            json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let Incoming::Request(request) = Incoming::read(line.as_bytes(), usize::MAX) else {
            panic!("{line}")
        };
        let reply: Value = serde_json::from_str(server().answer(request).await.as_str()).unwrap();
        assert_eq!(
            (&reply["jsonrpc"], &reply["id"]),
            (&json!("2.0"), &json!(1))
        );
        match reply.get("result") {
            Some(result) => result.clone(),
            None => reply["error"].clone(),
        }
    }

    /// Parameters of the newer era.
    fn modern(params: Value) -> Value {
        let mut params = params;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        params
    }

    #[tokio::test]
    async fn a_client_of_the_older_era_begins_and_goes_on() {
        let begun = asked(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}}),
        )
        .await;
        assert_eq!(begun["protocolVersion"], "2025-06-18");
        assert_eq!(begun["serverInfo"]["name"], "echo");
        assert_eq!(begun["capabilities"], json!({"tools": {}}));
        assert_eq!(asked("ping", json!({})).await, json!({}));
        let listed = asked("tools/list", json!({})).await;
        assert_eq!(listed["tools"][0]["name"], "echo");
        assert_eq!(listed.get("resultType"), None);
        let called = asked(
            "tools/call",
            json!({"name": "echo", "arguments": {"text": "so"}}),
        )
        .await;
        assert_eq!(called, json!({"content": [{"type": "text", "text": "so"}]}));
    }

    #[tokio::test]
    async fn a_client_of_the_newer_era_begins_with_anything() {
        let found = asked("server/discover", modern(json!({}))).await;
        assert_eq!(found["supportedVersions"], json!(["2026-07-28"]));
        for (method, params) in [("server/discover", json!({})), ("tools/list", json!({}))] {
            let result = asked(method, modern(params)).await;
            assert_eq!(result["resultType"], "complete", "{method}");
            assert_eq!(result["cacheScope"], "public", "{method}");
            assert!(result["ttlMs"].as_u64().is_some(), "{method}");
            assert_eq!(
                result["_meta"]["io.modelcontextprotocol/serverInfo"]["version"],
                "1"
            );
        }
        let called = asked(
            "tools/call",
            modern(json!({"name": "echo", "arguments": {"text": "so"}})),
        )
        .await;
        assert_eq!(
            (&called["content"][0]["text"], &called["resultType"]),
            (&json!("so"), &json!("complete"))
        );
        assert_eq!(called.get("ttlMs"), None);
    }

    #[tokio::test]
    async fn what_is_not_spoken_is_refused_with_the_number_of_the_protocol() {
        let version = |version: &str| {
            let mut params = modern(json!({}));
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
            params
        };
        let refused = asked("tools/list", version("1900-01-01")).await;
        assert_eq!(refused["code"], -32022);
        assert_eq!(
            refused["data"],
            json!({"supported": ["2026-07-28"], "requested": "1900-01-01"})
        );
        let mut no_capabilities = modern(json!({}));
        no_capabilities["_meta"]
            .as_object_mut()
            .unwrap()
            .remove("io.modelcontextprotocol/clientCapabilities");
        for (method, params, code) in [
            ("server/discover", json!({}), -32602),
            ("tools/list", no_capabilities, -32602),
            ("tools/list", json!({"cursor": "x"}), -32602),
            ("ping", modern(json!({})), -32601),
            ("resources/list", json!({}), -32601),
            ("nonsense", modern(json!({})), -32601),
            ("tools/call", json!({"name": "no"}), -32602),
            ("tools/call", json!({}), -32602),
        ] {
            assert_eq!(asked(method, params).await["code"], code, "{method}");
        }
    }

    #[tokio::test]
    async fn bad_arguments_are_a_result_that_a_model_can_learn_from() {
        for arguments in [
            json!(7),
            json!([1]),
            json!("no object"),
            json!({"text": {}}),
        ] {
            let called = asked(
                "tools/call",
                json!({"name": "echo", "arguments": arguments}),
            )
            .await;
            assert_eq!(called["isError"], true, "{called}");
        }
        // What some models write for an object.
        for arguments in [json!("{\"text\":\"so\"}"), json!({"text": "so"})] {
            let called = asked(
                "tools/call",
                json!({"name": "echo", "arguments": arguments}),
            )
            .await;
            assert_eq!(called["content"][0]["text"], "so");
        }
    }

    #[test]
    fn what_a_tool_does_is_said_in_full() {
        let hints = |effect| {
            let tool = Tool {
                effect,
                ..server().tools.0[0].clone()
            };
            let listed = tool.listed()["annotations"].clone();
            [
                "readOnlyHint",
                "destructiveHint",
                "idempotentHint",
                "openWorldHint",
            ]
            .map(|hint| listed[hint] == true)
        };
        assert_eq!(hints(Effect::Reads), [true, false, true, false]);
        assert_eq!(hints(Effect::Adds), [false, false, false, false]);
        assert_eq!(hints(Effect::Changes), [false, true, true, false]);
    }
}

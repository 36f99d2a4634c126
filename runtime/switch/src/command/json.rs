//! `json`: the commands of the JSON API.

use serde_json::{Map, Value, json};

use super::{Command, CommandContext};

/// The table entry.
pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "json",
        "JSON",
        "JSON API",
        "Takes `{\"command\": \"fsapi\", \"data\": {\"cmd\": \"status\", \"arg\": \"\"}}` and answers the request \
         with `status` (`success` or `error`), `message` if it failed, and `response`. Commands: `fsapi` runs \
         a command and responds `{\"message\": \"its output\"}`; `status` responds how many sessions there are, \
         were and may be.",
        run,
    )]
}

async fn run(context: CommandContext, text: String) -> String {
    if text.is_empty() {
        return "-ERR No JSON supplied.\n".to_owned();
    }
    let Ok(Value::Object(mut request)) = serde_json::from_str(&text) else {
        return "-ERR Invalid JSON supplied.\n".to_owned();
    };
    let response = respond(&context, &request).await;
    let (status, message) = match &response {
        Ok(_) => ("success", None),
        Err(message) => ("error", Some(*message)),
    };
    request.insert("status".into(), status.into());
    if let Some(message) = message {
        request.insert("message".into(), message.into());
    }
    request.insert("response".into(), response.unwrap_or(Value::Null));
    format!("{}\n", Value::Object(request))
}

async fn respond(
    context: &CommandContext,
    request: &Map<String, Value>,
) -> Result<Value, &'static str> {
    let data = |name: &str| {
        let text = request.get("data").and_then(|data| data.get(name)).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    match request.get("command").and_then(Value::as_str) {
        Some("fsapi") => {
            let (command, argument) = (data("cmd"), data("arg"));
            let run = context.switch.command(&command, &argument, context.session.as_ref());
            let output = run.await.map_err(|_| "The command returned an error")?;
            Ok(json!({ "message": output }))
        }
        Some("status") => Ok(status(context)),
        _ => Err("Invalid request or non-existant command"),
    }
}

fn status(context: &CommandContext) -> Value {
    let switch = &context.switch;
    let statistics = switch.statistics();
    let (rate, peak) = switch.rate();
    let configuration = switch.configuration();
    json!({
        "systemStatus": "ready",
        "uptime": { "seconds": switch.started().elapsed().as_secs() },
        "version": env!("CARGO_PKG_VERSION"),
        "sessions": {
            "count": {
                "total": statistics.total,
                "active": statistics.active,
                "peak": statistics.peak,
                "limit": configuration.max_sessions(),
            },
            "rate": { "current": rate, "max": configuration.sessions_per_second(), "peak": peak },
        },
    })
}

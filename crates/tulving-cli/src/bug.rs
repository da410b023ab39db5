//! A panic is a bug, wherever it happens: the program says so and ends.

use std::panic::PanicHookInfo;

use crate::exit::{CliError, Exit};
use crate::output;
use crate::terminal::Face;

/// Makes a panic on any thread end the program with exit 1.
///
/// At once, rather than when somebody joins the thread: a task that fell over leaves work undone
/// that the others would wait for, and an end at any moment is safe for the data.
pub fn end_on_panic(face: Face) {
    std::panic::set_hook(Box::new(move |info| {
        output::error(&report(info), face);
        std::process::exit(i32::from(Exit::Bug.code()));
    }));
}

fn report(info: &PanicHookInfo<'_>) -> CliError {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = info
        .location()
        .map_or_else(String::new, |at| format!(" at {at}"));
    let version = env!("CARGO_PKG_VERSION");
    let message = format!("this is a bug in tulving {version}: it panicked{place}");
    let project = match env!("CARGO_PKG_REPOSITORY") {
        "" => "the project's issue tracker",
        repository => repository,
    };
    let where_to = format!("report it to {project}, with these lines and the command");
    let error = CliError::new(Exit::Bug, message).hint(where_to);
    match text {
        Some(text) => error.cause(text),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::config::Env;
    use crate::terminal::Colour;

    /// What the next test runs in a process of its own.
    #[test]
    #[ignore = "ends its process"]
    fn child() {
        end_on_panic(Face::new(false, Colour::Auto, &Env::of([])));
        let _ = std::thread::spawn(|| panic!("oops \x1b[2J postgres://u:canary@h/d")).join();
    }

    #[test]
    fn a_panic_on_any_thread_ends_the_program_with_exit_1() {
        let this = std::env::current_exe().unwrap();
        let child = Command::new(this)
            .args(["--ignored", "--exact", "--nocapture", "bug::tests::child"])
            .output()
            .unwrap();
        let stderr = String::from_utf8(child.stderr).unwrap();
        assert_eq!(child.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains("error: this is a bug in tulving"),
            "{stderr}"
        );
        assert!(
            stderr.contains("caused by: oops \\u{1b}[2J postgres://u:***@h/d"),
            "{stderr}"
        );
        assert!(stderr.contains("try: report it to "), "{stderr}");
    }
}

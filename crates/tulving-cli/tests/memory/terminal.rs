//! What a person sees on a terminal: text that fits it, and colour where it has any.

use testkit::terminal::visible;
use tulving_cli::width::columns;

use crate::support::Desk;

const LONG: &str = "How did we fix the worker that hung for ever because its pool of connections was \
                    exhausted by a query without a timeout? 記憶を探す方法は何ですか、そして記憶はどこに保存されていますか";

#[test]
fn every_line_fits_the_terminal_and_ids_stay_whole() {
    let desk = Desk::new();
    let id = desk.add(LONG, &LONG.repeat(3));
    for width in [100, 80, 60] {
        for args in [
            &["list"][..],
            &["search", "worker 記憶"],
            &["get", &id],
            &["config", "show"],
            &["doctor"],
        ] {
            let ran = desk.on_terminal(width, &[], args).output().unwrap();
            let shown = visible(&String::from_utf8(ran.stdout).unwrap());
            assert!(ran.status.success(), "{args:?} at {width}: {shown}");
            assert!(shown.lines().count() > 2, "{args:?} at {width}: {shown}");
            for line in shown.lines() {
                assert!(
                    columns(line) <= usize::from(width),
                    "{args:?} at {width}: {line}"
                );
            }
            if args[0] != "doctor" && args[0] != "config" {
                assert!(shown.contains(&id), "{args:?} at {width}: {shown}");
            }
        }
    }
}

#[test]
fn a_pipe_gets_every_row_whole_on_one_line() {
    let desk = Desk::new();
    let id = desk.add(LONG, "");
    let listed = desk.run(&["list"]).expect(0).stdout;
    let row = listed.lines().find(|line| line.contains(&id)).unwrap();
    assert!(row.ends_with(LONG), "{row}");
    let answer = desk.add("", "an answer alone");
    let listed = desk.run(&["list"]).expect(0).stdout;
    let row = listed.lines().find(|line| line.contains(&answer)).unwrap();
    assert!(row.ends_with("  an answer alone"), "{row}");
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let desk = Desk::new();
    desk.add("the worker hung", "");
    let terminal = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = desk.on_terminal(80, &[], args);
        command.envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let (found, wrong) = (&["search", "worker"][..], &["get", "mem_none"][..]);
    assert!(terminal(found, &[]).contains("the \x1b[1mworker\x1b[0m hung"));
    let told = terminal(wrong, &[]);
    assert!(
        told.contains("\x1b[31merror:\x1b[0m ") && told.contains("\x1b[36mtry:\x1b[0m "),
        "{told}"
    );
    let never = ["search", "worker", "--color", "never"];
    for (args, variables) in [
        (found, &[("NO_COLOR", "1")][..]),
        (wrong, &[("NO_COLOR", "1")]),
        (found, &[("TERM", "dumb")]),
        (&["serch"], &[("NO_COLOR", "1")]),
        (&never, &[]),
        (&["--help"], &[("NO_COLOR", "1")]),
        (&["search", "worker", "--json", "--color=always"], &[]),
    ] {
        let shown = terminal(args, variables);
        assert!(!shown.contains('\x1b'), "{args:?} {variables:?}: {shown:?}");
    }
    assert!(terminal(&["--help"], &[]).contains("\x1b["));
    // In a pipe only where it is asked for.
    assert!(!desk.run(found).expect(0).stdout.contains('\x1b'));
    let always = desk.run(&["search", "worker", "--color=always"]).expect(0);
    assert!(always.stdout.contains("\x1b[1mworker"));
    let mut forced = desk.command(wrong);
    let forced = forced.env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(
        String::from_utf8(forced.stderr)
            .unwrap()
            .contains("\x1b[31merror:")
    );
}

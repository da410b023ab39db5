//! `gen-corpus OUT N [--dim 1024] [--seed 0] [--clusters N/50] [--episodes] [--dirty] [--user-id UUID]`
//! writes a data directory for benchmarks and the demo.

use std::{env, path::PathBuf, process::ExitCode, str::FromStr};

use testkit::corpus::Corpus;

const USAGE: &str = "usage: gen-corpus OUT N [--dim 1024] [--seed 0] [--clusters N/50] [--episodes] [--dirty] \
                     [--user-id UUID] [--tenant-id UUID]";

fn main() -> ExitCode {
    let Some((out, corpus)) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let written = corpus.write(&out);
    println!(
        "{} nodes {} episodes {} clusters in {}",
        written.nodes,
        written.episodes,
        written.clusters,
        out.display()
    );
    ExitCode::SUCCESS
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<(PathBuf, Corpus)> {
    let out = PathBuf::from(arguments.next()?);
    let mut corpus = Corpus::new(number(arguments.next())?).episodes(false);
    while let Some(option) = arguments.next() {
        corpus = match option.as_str() {
            "--dim" => corpus.dim(number(arguments.next())?),
            "--seed" => corpus.seed(number(arguments.next())?),
            "--clusters" => corpus.clusters(number(arguments.next())?),
            "--episodes" => corpus.episodes(true),
            "--dirty" => corpus.dirty(true),
            "--user-id" => corpus.user_id(&arguments.next()?),
            "--tenant-id" => corpus.tenant_id(&arguments.next()?),
            _ => return None,
        };
    }
    Some((out, corpus))
}

fn number<T: FromStr>(text: Option<String>) -> Option<T> {
    text?.parse().ok()
}

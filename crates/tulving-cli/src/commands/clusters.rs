//! `tulving clusters`: what the memories are about.

use std::sync::Arc;

use clap::Args;
use tulving::backend::Filter;
use tulving::model::Kind;

use crate::clusters::{Group, Overview, Renewal};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, count, counted, minute};
use crate::table::beside;
use crate::terminal::{Look, Screen};
use crate::text::safe;
use crate::width::shorten;
use crate::{interrupt, progress, wire};

/// Clusters that a person is shown.
const SHOWN: usize = 20;

/// Shows what memories are about
///
/// Questions that are about the same are in one cluster. It has the words by which it stands out as its label, and
/// it keeps its number when memories are added. The largest come first, each with some of its questions: those
/// that belong there most firmly. What is like nothing else is noise: it is in no cluster, and found as ever.
///
/// `tulving ingest` puts what it adds into the clusters, or clusters everything anew when much was added. What
/// other commands add is in no cluster until the next `tulving ingest` or `--rebuild`.
///
/// `tulving list --cluster` and `tulving search --cluster` look into clusters; noise is -1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving clusters\n  \
    tulving clusters --top 5\n  \
    tulving clusters --rebuild\n  \
    tulving list --cluster 7\n\n\
    With --json:\n\
    {\"clusters\": [{\"id\": N, \"label\": TEXT or null, \"nodes\": N, \"first\": TIME, \"last\": TIME, \"examples\": [{\"id\", \"question\"}…]}…],\n\
    \"noise\": N, \"unclustered\": N}")]
pub struct Clusters {
    /// Clusters everything anew first; a cluster that is still the same keeps its number
    #[arg(long)]
    pub rebuild: bool,

    /// The maximum number of clusters to show, the largest first [default: 20; with --json all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub top: Option<u64>,
}

/// Runs it.
///
/// # Errors
/// When the memory cannot be read, or, with `--rebuild`, written, or it was interrupted.
pub async fn run(clusters: Clusters, cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    if clusters.rebuild {
        let nodes = memory.count(&Filter::of(Kind::Node)).await?.total();
        let progress = progress::counting("cluster", "node", nodes, cx.err);
        let ear = interrupt::listen(&progress, cx.face())?;
        let renewal = Renewal {
            memory: &memory,
            progress: Arc::clone(&progress),
            cancel: ear.cancel,
        };
        drop(progress);
        renewal.rebuild().await?;
    }
    let top = clusters
        .top
        .map(|top| usize::try_from(top).unwrap_or(usize::MAX));
    let top = top.unwrap_or(if cx.json { usize::MAX } else { SHOWN });
    let overview = Overview::of(&memory, top).await?;
    if cx.json {
        output::json(&wire::Clusters::new(overview, top))?;
        return Ok(Exit::Done);
    }
    output::text(&page(&overview, top, cx.out))?;
    if overview.groups.is_empty() && !clusters.rebuild {
        let (remark, advice) = match overview.noise + overview.unclustered {
            0 => (
                "no question is in memory yet".to_owned(),
                "tulving ingest PATH   (brings chats, and clusters them)",
            ),
            nodes => (
                format!(
                    "clusters of {} were not looked for, or there are none",
                    counted(nodes, "node")
                ),
                "tulving clusters --rebuild",
            ),
        };
        output::note(&remark, advice, cx);
    }
    Ok(Exit::Done)
}

fn page(overview: &Overview, top: usize, screen: Screen) -> String {
    let Overview {
        groups,
        noise,
        unclustered,
    } = overview;
    if groups.is_empty() {
        return "No clusters.".to_owned();
    }
    let shown = groups.iter().take(top);
    let mut page: String = shown.map(|group| render(group, screen)).collect();
    let mut end = match groups.len() > top {
        true => format!(
            "{} of {}",
            count(top as u64),
            counted(groups.len() as u64, "cluster")
        ),
        false => counted(groups.len() as u64, "cluster"),
    };
    if *noise > 0 {
        end += &format!("; noise: {}", counted(*noise, "node"));
    }
    if *unclustered > 0 {
        end += &format!("; not clustered: {}", counted(*unclustered, "node"));
    }
    page.push_str(&beside("", &format!("{end}; times are UTC"), screen));
    page
}

/// Renders a cluster: its label; below it its number, size and times, and its questions.
fn render(group: &Group, screen: Screen) -> String {
    let cluster = &group.cluster;
    let label = cluster.label.as_deref().unwrap_or("(no label)");
    let times = group.times.map_or_else(String::new, |(first, last)| {
        format!(", {} to {}", minute(first), minute(last))
    });
    let mut page = format!("{}\n", screen.paint(Look::Strong, &safe(label)));
    let known = format!(
        "cluster {}, {}{times}",
        cluster.id,
        counted(cluster.nodes, "node")
    );
    page.push_str(&beside("  ", &known, screen));
    for example in &group.examples {
        let question = safe(&example.question);
        let room = screen.columns.unwrap_or(WIDTH).saturating_sub(4).max(1);
        page.push_str(&format!("  - {}\n", shorten(&question, room)));
    }
    page.push('\n');
    page
}

/// Columns of a question where the reader is no terminal.
const WIDTH: usize = 92;

//! `pg_service.conf`: parameters under a name.

use std::path::PathBuf;

use super::error::DsnError;
use super::surroundings::{SERVICE_DIRECTORY, Surroundings};

/// Returns the parameters of a service, and the file they stand in: the one that is named, else
/// `~/.pg_service.conf`, then the machine's.
pub(super) fn find(
    name: &str,
    named: Option<PathBuf>,
    around: &Surroundings,
) -> Result<(PathBuf, Vec<(String, String)>), DsnError> {
    let variable = around.variables.get("PGSERVICEFILE").map(PathBuf::from);
    let usual = || around.in_home(".pg_service.conf");
    let machine = around.variables.get(SERVICE_DIRECTORY);
    let machine = machine.map(|directory| PathBuf::from(directory).join("pg_service.conf"));
    let named = named.or(variable);
    let must_be_there = named.is_some();
    let files = named.or_else(usual).into_iter().chain(machine);
    let mut last = None;
    for path in files {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_be_there => {
                continue;
            }
            Err(source) => {
                return Err(DsnError::File {
                    doing: "reading the services in",
                    path,
                    from: format!("service={name}"),
                    source,
                });
            }
        };
        if let Some(lines) = section(&text, name) {
            return Ok((path, lines?));
        }
        last = Some(path);
    }
    let place = last.map_or_else(
        || "there is no pg_service.conf".to_owned(),
        |path| format!("{} does not have it", path.display()),
    );
    Err(DsnError::Parameter {
        name: "service".to_owned(),
        from: format!("[{name}]"),
        why: place,
        advice: format!("put [{name}] and its parameters, one a line, into ~/.pg_service.conf"),
    })
}

/// `[name]`, then `key=value` lines up to the next `[`; `#` begins a comment.
fn section(text: &str, name: &str) -> Option<Result<Vec<(String, String)>, DsnError>> {
    let mut lines = text.lines().map(str::trim_ascii);
    lines.find(|line| {
        let inside = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        inside == Some(name)
    })?;
    let lines = lines.take_while(|line| !line.starts_with('['));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Some(
        lines
            .map(|line| match line.split_once('=') {
                Some((key, value)) if key != "service" && key != "servicefile" => {
                    Ok((key.to_owned(), value.to_owned()))
                }
                _ => Err(DsnError::form(
                    format!("a line of the service {name} is not name=value"),
                    "write each parameter on a line of its own, without spaces around the =",
                )),
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_ends_where_the_next_begins() {
        let text = "# mine\n[a]\nhost=h\n\n# c\n password=p=q \n[b]\nhost=other\n[c]\nx\n";
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let a = section(text, "a").unwrap().unwrap();
        assert_eq!(a, [pair("host", "h"), pair("password", "p=q")]);
        assert!(section(text, "d").is_none());
        assert!(section(text, "c").unwrap().is_err());
    }
}

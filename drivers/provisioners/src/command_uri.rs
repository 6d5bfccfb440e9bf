//! Where a `cmd://` provisioner finds its program.

use std::path::PathBuf;

/// The program of a `cmd://` provisioner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandUri {
    host: String,
    path: String,
}

impl CommandUri {
    /// Reads `cmd://HOST/PATH`. A fragment only makes uris differ.
    ///
    /// # Errors
    /// It has what it may not have: a user, a port, a query.
    pub fn parse(uri: &str) -> Result<Self, String> {
        if uri.is_empty() {
            return Err("uri not set".into());
        }
        let (uri, _) = uri.split_once('#').unwrap_or((uri, ""));
        let (scheme, rest) = uri.split_once(':').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("cmd") {
            return Err("invalid uri: the scheme is not cmd".into());
        }
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let rest = rest.strip_prefix("//").ok_or("invalid uri: it must begin with cmd://")?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let (host, port) = host.rsplit_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
        match (user, port, query) {
            (_, Some(port), _) if !port.bytes().all(|digit| digit.is_ascii_digit()) => {
                Err(format!("invalid uri: invalid port \":{port}\" after host"))
            }
            (Some(_), ..) => Err("cmd provisioner uri cannot contain user info".into()),
            (_, Some(_), _) => Err("cmd provisioner uri cannot contain a port".into()),
            (_, _, Some(_)) => Err("cmd provisioner uri cannot contain query params".into()),
            _ => Ok(Self { host: host.to_owned(), path: path.to_owned() }),
        }
    }

    /// The program: absolute, below the home directory (`~`), the current one (`.`), its parent (`..`), or by its name on the path.
    ///
    /// # Errors
    /// It is not there.
    pub fn find(&self, home: Option<PathBuf>, current: PathBuf, search: &[PathBuf]) -> Result<PathBuf, String> {
        let below = |base: Option<PathBuf>| {
            let base = base.ok_or_else(|| "the home directory is not known".to_owned())?;
            Ok(base.join(self.path.trim_start_matches('/')))
        };
        match &*self.host {
            "" => Ok(PathBuf::from(&self.path)),
            "~" => below(home),
            "." => below(Some(current)),
            ".." => below(current.parent().map(PathBuf::from)),
            _ if !matches!(&*self.path, "" | "/") => {
                Err("direct command reference cannot contain additional path parts".into())
            }
            name => {
                let found = search.iter().map(|directory| directory.join(name)).find(|program| program.is_file());
                found.ok_or_else(|| format!("failed to find '{name}' on path"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, want: Result<&str, &str>) {
        let found = CommandUri::parse(uri).and_then(|uri| uri.find(Some("/home/me".into()), "/srv/dir".into(), &[]));
        match (found, want) {
            (Ok(found), Ok(want)) => assert_eq!(found, PathBuf::from(want)),
            (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
            (found, want) => panic!("found {found:?}, want {want:?}"),
        }
    }

    #[test]
    fn programs() {
        check("cmd:///bin/sh", Ok("/bin/sh"));
        check("cmd://~/bin/x#one", Ok("/home/me/bin/x"));
        check("CMD://./bin/x", Ok("/srv/dir/bin/x"));
        check("cmd://./bin/x", Ok("/srv/dir/bin/x"));
        check("cmd://../bin/x", Ok("/srv/bin/x"));
        check("cmd://nothing", Err("failed to find 'nothing' on path"));
        check("cmd://nothing/x", Err("additional path parts"));
        check("cmd://something:80", Err("cannot contain a port"));
        check("cmd://something:x", Err("invalid uri"));
        check("cmd://u:p@something", Err("cannot contain user info"));
        check("cmd://something?x=y", Err("cannot contain query params"));
        check("other:x", Err("the scheme is not cmd"));
        check("", Err("uri not set"));
    }
}

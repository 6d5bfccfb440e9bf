//! Paths as texts, in containers and on other machines.

/// Both paths as one, without `.`, needless slashes, and `..` where it can be resolved.
pub(crate) fn join(outer: &str, inner: &str) -> String {
    let rooted = outer.starts_with('/') || (outer.is_empty() && inner.starts_with('/'));
    let mut parts: Vec<&str> = Vec::new();
    for part in outer.split('/').chain(inner.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if rooted { format!("/{joined}") } else { joined }
}

/// The directory that a path is in, and its name there, as Go takes it apart.
pub(crate) fn split(path: &str) -> (String, &str) {
    let (folder, name) = path.trim_end_matches('/').rsplit_once('/').map_or((None, path), |(f, name)| (Some(f), name));
    let folder = match folder {
        Some("") => "/".to_owned(),
        folder => join(folder.unwrap_or_default(), ""),
    };
    (if folder.is_empty() { ".".to_owned() } else { folder }, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_join(outer: &str, inner: &str, want: &str) {
        assert_eq!(join(outer, inner), want);
    }

    #[test]
    fn joining() {
        check_join("./host", "sub", "host/sub");
        check_join("/a/", "../b//c/.", "/b/c");
        check_join("", "in", "in");
        check_join("..", "../x", "../../x");
        check_join("/", "..", "/");
    }

    #[track_caller]
    fn check_split(path: &str, want: (&str, &str)) {
        let (folder, name) = split(path);
        assert_eq!((&*folder, name), want);
    }

    #[test]
    fn splitting() {
        check_split("/x/y", ("/x", "y"));
        check_split("/x//y", ("/x", "y"));
        check_split("/y", ("/", "y"));
        check_split("//y", ("/", "y"));
        check_split("y", (".", "y"));
        check_split("a/../c", (".", "c"));
        check_split("/a/./b/../c/d", ("/a/c", "d"));
        check_split("/x/y/", ("/x", "y"));
    }
}

//! Names of files for scopes, whatever their names are.

use score_resolver::Scope;

/// Longer names are cut, and a hash tells them apart.
const LONGEST: usize = 180;

/// A file name that no other scope has, also where file names know no upper case: `ORGANISATION+PROJECT+ENVIRONMENT`, of which everything but `a-z 0-9 - _` is written `%XX`.
pub(super) fn of(scope: &Scope) -> String {
    let parts = [&scope.organisation, &scope.project, &scope.environment];
    let name = parts.map(|part| part.bytes().map(escaped).collect::<String>()).join("+");
    if name.len() <= LONGEST {
        return name;
    }
    let cut: String = name.chars().take(LONGEST - 33).collect();
    let hash = blake3::hash(name.as_bytes()).to_hex();
    format!("{cut}+{}", hash.get(..32).unwrap_or_default())
}

fn escaped(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use score_resolver::Context;

    use super::*;

    #[track_caller]
    fn check(organisation: &str, project: &str, environment: &str, name: &str) {
        let scope = Context::new(environment).organisation(organisation).project(project).scope();
        assert_eq!(of(&scope), name);
    }

    #[test]
    fn names_are_safe_and_differ() {
        check("default", "shop", "development", "default+shop+development");
        check("A", "..", "", "%41+%2e%2e+");
        check("a+b", "c/d", "é", "a%2bb+c%2fd+%c3%a9");
    }

    #[test]
    fn long_names_are_cut() {
        let name = |environment: &str| of(&Context::new(environment.repeat(300)).scope());
        assert!(name("x").len() <= LONGEST && name("x") != name("xx"));
    }
}

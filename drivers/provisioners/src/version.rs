//! Version constraints.

/// Whether `current` satisfies a constraint such as `>=1.2`: an operator (`>`, `>=`, `=`), then up to three numbers.
///
/// # Errors
/// The constraint is none, or is not satisfied.
pub fn check_version(current: &str, constraint: &str) -> Result<(), String> {
    let invalid = || format!("invalid constraint '{constraint}'");
    let operator = constraint.find(|c: char| !matches!(c, '>' | '=')).ok_or_else(invalid)?;
    let (operator, wanted) = constraint.split_at(operator);
    let wanted = number(wanted).ok_or_else(invalid)?;
    let holds = match (operator, number(current)) {
        (">", Some(current)) => current > wanted,
        (">=", Some(current)) => current >= wanted,
        ("=", Some(current)) => current == wanted,
        ("" | ">" | ">=" | "=", _) => false,
        _ => return Err(invalid()),
    };
    let refused = || format!("current version {current} does not match requested constraint {constraint}");
    if holds { Ok(()) } else { Err(refused()) }
}

fn number(text: &str) -> Option<[u64; 3]> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let mut number = [0; 3];
    for (index, slot) in number.iter_mut().enumerate() {
        *slot = match parts.next() {
            Some(part) => part.parse().ok()?,
            None if index > 0 => 0,
            None => return None,
        };
    }
    parts.next().is_none().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(current: &str, constraint: &str, want: bool) {
        assert_eq!(check_version(current, constraint).is_ok(), want);
    }

    #[test]
    fn versions() {
        check("v1.2.3", ">=1.2.3", true);
        check("1.1.0", ">=1.1", true);
        check("2.0.0", ">1", true);
        check("v1.2.0", "=1.2.3", false);
        check("v1.2.0", ">1.2", false);
        check("1.0.0", "1.0.0", false);
        check("1.0.0", "<1", false);
        check("1.0.0", ">=", false);
        check("1.0.0", ">=1.2.3.4", false);
    }
}

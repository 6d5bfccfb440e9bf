//! Amounts of memory.

/// Bytes of a Score amount of memory such as `128Mi` or `1.5G`, rounded up; `None` where it is none or too many.
pub(crate) fn bytes(text: &str) -> Option<u128> {
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (base, power) = match unit {
        "" => (1, 0),
        "K" | "k" => (1000, 1),
        "M" => (1000, 2),
        "G" => (1000, 3),
        "T" => (1000, 4),
        "P" => (1000, 5),
        "E" => (1000, 6),
        "Ki" => (1024, 1),
        "Mi" => (1024, 2),
        "Gi" => (1024, 3),
        "Ti" => (1024, 4),
        "Pi" => (1024, 5),
        "Ei" => (1024, 6),
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 18 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let tenths: u128 = format!("{whole}{fraction}").parse().ok()?;
    let multiplied = tenths.checked_mul(u128::pow(base, power))?;
    Some(multiplied.div_ceil(scale))
}

/// As Compose writes it, whose units are powers of 1024: `128M` is 128 MiB there.
pub(crate) fn compose_memory(text: &str) -> Option<String> {
    let bytes = bytes(text)?;
    let units = [(1u128 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")];
    Some(match units.into_iter().find(|(size, _)| bytes > 0 && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes}"),
    })
}

/// As Kubernetes writes it, which knows `k` and not `K`.
pub(crate) fn kubernetes_memory(text: &str) -> Option<String> {
    bytes(text)?;
    Some(match text.strip_suffix('K') {
        Some(number) => format!("{number}k"),
        None => text.to_owned(),
    })
}

/// As Compose writes processors: `250m` is `0.25`.
pub(crate) fn compose_cpus(text: &str) -> Option<String> {
    let Some(milli) = text.strip_suffix('m') else {
        return (text.parse::<f64>().is_ok_and(f64::is_finite)).then(|| text.to_owned());
    };
    let milli: u64 = milli.parse().ok()?;
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_memory(written: &str, want: Option<(u128, &str, &str)>) {
        let got = bytes(written).zip(compose_memory(written)).zip(kubernetes_memory(written));
        assert_eq!(got, want.map(|(bytes, compose, kubernetes)| ((bytes, compose.into()), kubernetes.into())));
    }

    #[test]
    fn memory() {
        check_memory("128Mi", Some((134_217_728, "128M", "128Mi")));
        check_memory("1.5Gi", Some((1_610_612_736, "1536M", "1.5Gi")));
        check_memory("1K", Some((1000, "1000", "1k")));
        check_memory("100M", Some((100_000_000, "100000000", "100M")));
        check_memory("0.1", Some((1, "1", "0.1")));
        check_memory("8Ei", Some((8 << 60, "8589934592G", "8Ei")));
        check_memory("12Q", None);
        check_memory("", None);
        check_memory("-1", None);
        check_memory("999999999999999999999999999999999999999999Ei", None);
    }

    #[track_caller]
    fn check_cpus(written: &str, want: Option<&str>) {
        assert_eq!(compose_cpus(written).as_deref(), want);
    }

    #[test]
    fn cpus() {
        check_cpus("250m", Some("0.25"));
        check_cpus("2000m", Some("2"));
        check_cpus("0.5", Some("0.5"));
        check_cpus("inf", None);
        check_cpus("xm", None);
    }
}

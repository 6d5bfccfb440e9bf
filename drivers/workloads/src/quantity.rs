//! Amounts as Compose writes them.

use score_model::{Cpu, Memory};

/// Memory in Compose's units, which are powers of 1024: `128M` is 128 MiB there.
pub(crate) fn compose_memory(memory: &Memory) -> String {
    let bytes = memory.bytes();
    let units = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")];
    match units.into_iter().find(|(size, _)| bytes > 0 && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", bytes / size),
        None => bytes.to_string(),
    }
}

/// Processors as a decimal number: `250m` is `0.25`.
pub(crate) fn compose_cpus(cpu: &Cpu) -> String {
    let text = format!("{}.{:03}", cpu.millis() / 1000, cpu.millis() % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_memory(written: &str, want: &str) {
        assert_eq!(compose_memory(&Memory::new(written).unwrap()), want);
    }

    #[test]
    fn memory() {
        check_memory("128Mi", "128M");
        check_memory("1.5Gi", "1536M");
        check_memory("1K", "1000");
        check_memory("100M", "100000000");
        check_memory("0.1", "1");
    }

    #[track_caller]
    fn check_cpus(written: &str, want: &str) {
        assert_eq!(compose_cpus(&Cpu::new(written).unwrap()), want);
    }

    #[test]
    fn cpus() {
        check_cpus("250m", "0.25");
        check_cpus("2000m", "2");
        check_cpus("0.5", "0.5");
        check_cpus("0", "0");
    }
}

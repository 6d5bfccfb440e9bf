//! Reading Score files: how much more checking them costs than reading them, and what other readers take.
//!
//! `cargo bench -p benches --bench score_model`. In the group of each file, `events + schema` is what the least useful thing costs: the event parser alone, and the JSON Schema of Score on a value
//! that is there already. The whole of [`Workload::parse`] is to take at most 1.5 times that for YAML, and 2 µs per KB for JSON.

#![expect(clippy::expect_used, reason = "the generated files are good")]

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use granit_parser::Parser;
use score_model::{Document, Source, Workload, score_schema};

fn yaml(criterion: &mut Criterion, name: &str, text: &str) {
    let schema = jsonschema::validator_for(&score_schema()).expect("the schema is one");
    let value =
        Document::parse(Source::new("score.yaml", text)).into_result().expect("the file is good").0.value().expose();
    let source = Source::new("score.yaml", text);
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(text.len() as u64));
    let events = || Parser::new_from_str(black_box(text)).filter(Result::is_ok).count();
    group.bench_function("events", |bencher| bencher.iter(events));
    group.bench_function("schema", |bencher| bencher.iter(|| schema.is_valid(black_box(&value))));
    group.bench_function("events + schema", |bencher| bencher.iter(|| (events(), schema.is_valid(black_box(&value)))));
    group.bench_function("Document::parse", |bencher| bencher.iter(|| Document::parse(black_box(source.clone()))));
    group.bench_function("Workload::parse", |bencher| bencher.iter(|| Workload::parse(black_box(source.clone()))));
    group.bench_function("serde_yaml_ng", |bencher| {
        bencher.iter(|| serde_yaml_ng::from_str::<serde_json::Value>(black_box(text)));
    });
    group.bench_function("serde-saphyr", |bencher| {
        bencher.iter(|| serde_saphyr::from_str::<serde_json::Value>(black_box(text)));
    });
    group.finish();
}

fn json(criterion: &mut Criterion, name: &str, text: &str) {
    let value =
        Document::parse(Source::new("score.yaml", text)).into_result().expect("the file is good").0.value().expose();
    let text = &*value.to_string();
    let source = Source::new("score.json", text);
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("serde_json", |bencher| {
        bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(text)));
    });
    group.bench_function("Document::parse", |bencher| bencher.iter(|| Document::parse(black_box(source.clone()))));
    group.bench_function("Workload::parse", |bencher| bencher.iter(|| Workload::parse(black_box(source.clone()))));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (size, resources) in [("2 KB", 0), ("100 KB", 1000)] {
        let text = benches::score_yaml(resources);
        yaml(&mut criterion, &format!("yaml {size}"), &text);
        json(&mut criterion, &format!("json {size}"), &text);
    }
    criterion.final_summary();
}

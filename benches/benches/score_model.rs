//! Reading Score files: how much more checking them costs than reading them, and what other readers take.
//!
//! `cargo bench -p benches --bench score_model -- --table` prints the table of the README, from files of 2 KB to 1.2 MB; without `--table` criterion runs. `events + schema` is what the least useful
//! thing costs: the event parser alone, and the JSON Schema of Score on a value that is there already. The whole of [`Workload::parse`] is to take at most 1.5 times that for YAML, and 2 µs per KB for
//! JSON.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "the generated files are good; a table is printed")]

use std::hint::black_box;

use benches::Series;
use criterion::{Criterion, Throughput};
use granit_parser::Parser;
use score_model::{Document, Mode, Source, Value, Workload, score_schema};
use serde::de::IgnoredAny;
use serde_json::Value as Json;

/// How many resources the files have beside the usual.
const RESOURCES: [usize; 4] = [0, 100, 1000, 10_000];

/// What is measured: its name, and the work on one file.
type Operation = (&'static str, Box<dyn Fn()>);

/// A form's name, its text with so many resources, and what is measured on a text.
type Form = (&'static str, fn(usize) -> String, fn(&str) -> Vec<Operation>);

fn document(text: &str) -> Document {
    Document::parse(Source::new("score.yaml", text)).into_result().expect("the file is good").0
}

fn json_text(resources: usize) -> String {
    document(&benches::score_yaml(resources)).value().expose().to_string()
}

/// A closure that drops what it makes.
fn run<T>(make: impl Fn() -> T + 'static) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(make())))
}

/// Reads, checks, and looks at every part.
fn with_parts(source: &Source) -> usize {
    let checked = Workload::parse(black_box(source.clone()));
    checked.value().map_or(0, |workload| workload.containers.len() + workload.resources.len())
}

fn yaml(text: &str) -> Vec<Operation> {
    let source = Source::new("score.yaml", text);
    let (whole, parts, read) = (source.clone(), source.clone(), source.clone());
    let read_already = document(text);
    let value = read_already.value().expose();
    let schema = || jsonschema::validator_for(&score_schema()).expect("the schema is one");
    let (alone, after, same) = (schema(), schema(), value.clone());
    let events = |source: &Source| Parser::new_from_str(black_box(source.text())).filter(Result::is_ok).count();
    let (one, two, three, four) = (source.clone(), source.clone(), source.clone(), source);
    vec![
        ("*events*", run(move || events(&one))),
        ("*schema*", run(move || alone.is_valid(black_box(&value)))),
        ("*events + schema*", run(move || (events(&two), after.is_valid(black_box(&same))))),
        ("parse: `Document::parse`", run(move || Document::parse(black_box(read.clone())))),
        (
            "validate: `Workload::from_document`",
            run(move || Workload::from_document(black_box(read_already.clone()), Mode::Strict)),
        ),
        ("**whole: `Workload::parse`**", run(move || Workload::parse(black_box(whole.clone())))),
        ("whole, all parts looked at", run(move || with_parts(&parts))),
        ("*serde_yaml_ng*", run(move || serde_yaml_ng::from_str::<Json>(black_box(three.text())))),
        ("*serde-saphyr*", run(move || serde_saphyr::from_str::<Json>(black_box(four.text())))),
    ]
}

fn json(text: &str) -> Vec<Operation> {
    let source = Source::new("score.json", text);
    let (whole, parts, read) = (source.clone(), source.clone(), source.clone());
    let (one, two, three) = (source.clone(), source.clone(), source);
    vec![
        ("*serde_json, nothing kept*", run(move || serde_json::from_str::<IgnoredAny>(black_box(one.text())))),
        ("*serde_json, its value*", run(move || serde_json::from_str::<Json>(black_box(two.text())))),
        ("*serde_json, our value*", run(move || serde_json::from_str::<Value>(black_box(three.text())))),
        ("parse: `Document::parse`", run(move || Document::parse(black_box(read.clone())))),
        ("**whole: `Workload::parse`**", run(move || Workload::parse(black_box(whole.clone())))),
        ("whole, all parts looked at", run(move || with_parts(&parts))),
    ]
}

fn table() {
    println!("| form | operation | 2 KB: µs | MB/s | µs a KB: 2 KB | 12 KB | 120 KB | 1.2 MB | exponent |");
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    let forms: [Form; 2] = [("YAML", benches::score_yaml, yaml), ("JSON", json_text, json)];
    for (form, text, operations) in forms {
        let mut rows: Vec<(&str, Series)> = Vec::new();
        for resources in RESOURCES {
            let text = text(resources);
            for (index, (name, operation)) in operations(&text).into_iter().enumerate() {
                if rows.len() <= index {
                    rows.push((name, Series::default()));
                }
                rows[index].1.repeat(text.len() as u32, operation);
            }
        }
        for (name, series) in rows {
            let first = series.points()[0];
            let micros = first.time.as_secs_f64() * 1e6;
            let speed = f64::from(first.size) / micros;
            let each = series.points().iter().map(|point| format!("{:.2}", point.per_node() * 1.024));
            let each = each.collect::<Vec<_>>().join(" | ");
            println!("| {form} | {name} | {micros:.1} | {speed:.0} | {each} | {:.2} |", series.exponent());
        }
    }
}

fn main() {
    // Freeing something large once makes glibc keep freed memory from then on.
    drop(black_box(vec![1_u8; 31 << 20]));
    if std::env::args().any(|argument| argument == "--table") {
        return table();
    }
    let mut criterion = Criterion::default().configure_from_args();
    for resources in [0, 1000] {
        let forms = [
            ("yaml", benches::score_yaml(resources), yaml as fn(&str) -> Vec<Operation>),
            ("json", json_text(resources), json),
        ];
        for (form, text, operations) in forms {
            let mut group = criterion.benchmark_group(format!("{form} {} KB", text.len() / 1024));
            group.throughput(Throughput::Bytes(text.len() as u64));
            for (name, operation) in operations(&text) {
                group.bench_function(name, |bencher| bencher.iter(&operation));
            }
            group.finish();
        }
    }
    criterion.final_summary();
}

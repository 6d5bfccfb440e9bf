//! Go templates: parsing, and rendering with shared data.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use score_templates::{Data, Functions, Host, Template};

/// Like the state template of a provisioner for a database.
const PROVISIONER: &str = r#"
{{ $name := dig "name" .Init.name .State }}
name: {{ $name | quote }}
username: {{ dig "username" (print "user-" (randAlpha 8)) .State | quote }}
password: {{ dig "password" (randAlphaNum 16) .State | quote }}
{{ if ne .Params.port nil }}port: {{ .Params.port | default 5432 }}{{ end }}
hosts:
{{ range $name, $workload := .Workloads }}
{{- if and (eq $workload.kind "web") (not $workload.internal) }}
  - {{ printf "%s-%d" ($name | lower | replace "." "-") $workload.port }}
{{- end }}
{{- end }}
"#;

fn data(workloads: usize) -> Data {
    let entries = (0..workloads).map(|index| {
        let kind = if index % 2 == 0 { "web" } else { "worker" };
        let workload: Data =
            [("kind", Data::from(kind)), ("internal", false.into()), ("port", Data::Int(8080))].into_iter().collect();
        (format!("Workload.{index:05}"), workload)
    });
    let workloads: Data = entries.collect();
    [
        ("Init", [("name", Data::from("db"))].into_iter().collect()),
        ("State", [("username", Data::from("known"))].into_iter().collect()),
        ("Params", [("port", Data::Int(5433))].into_iter().collect()),
        ("Workloads", workloads),
    ]
    .into_iter()
    .collect()
}

fn parse(criterion: &mut Criterion) {
    let functions = Functions::default();
    criterion.bench_function("templates/parse", |bencher| {
        bencher.iter(|| Template::parse("state", black_box(PROVISIONER), &functions));
    });
}

/// Linear in what is ranged over.
fn render(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("templates/render");
    let Ok(template) = Template::parse("state", PROVISIONER, &Functions::default()) else { return };
    for workloads in [1, 100, 10_000] {
        let data = data(workloads);
        let host = Host::default().with_seed("bench");
        group.bench_with_input(BenchmarkId::from_parameter(workloads), &data, |bencher, data| {
            bencher.iter(|| template.render(black_box(data), &mut host.clone()));
        });
    }
    group.finish();
}

/// Data that a template does not look at costs nothing, and what it changes costs what it changes.
fn share(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("templates/share");
    let texts = [("read", "{{ .Init.name }}"), ("change", r#"{{ $_ := set .State "a" 1 }}{{ .State.a }}"#)];
    for (name, text) in texts {
        let Ok(template) = Template::parse("state", text, &Functions::default()) else { return };
        for workloads in [1, 10_000] {
            let data = data(workloads);
            group.bench_with_input(BenchmarkId::new(name, workloads), &data, |bencher, data| {
                bencher.iter(|| template.render(black_box(data), &mut Host::default()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parse, render, share);
criterion_main!(benches);

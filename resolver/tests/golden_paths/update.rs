//! Going on from a resolution when Score files change: the same as resolving anew, to every byte, and what did not change is shared.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use score_model::{Checked, Source, Workload};
use score_resolver::{Context, Platform, Resolution, Resolver};

use crate::random::Random;
use crate::support::{cases, drivers, platform, workload};

/// Everything that can be seen of a resolution or of what is wrong.
fn seen(outcome: &Checked<Resolution>) -> String {
    let mut text = String::new();
    for diagnostic in outcome.diagnostics() {
        let _ = writeln!(text, "{diagnostic}");
    }
    let Some(resolution) = outcome.value() else { return text };
    let _ = writeln!(text, "{:?}\n{}", resolution.graph(), resolution.to_json());
    for node in resolution.nodes() {
        let place = node.place().map(|place| (place.to_string(), place.source.text().to_owned()));
        let _ = writeln!(
            text,
            "{} {place:?} {:?} {:?} {:?} {:?} {:?}",
            node.uid,
            node.params,
            node.rule,
            node.requested_by,
            node.recipe,
            resolution.explain(&node.uid)
        );
    }
    text
}

/// A platform with all that may lead from what one file says to what becomes of others.
fn any_platform(random: &mut Random) -> String {
    let mut modules = String::new();
    let mut module = |name: &str, ty: &str, rest: &str| {
        let _ = write!(modules, "\n  {name}: {{type: {ty}, {rest}}}");
    };
    let passes = ["driver: static, inputs: {given: '${params}', size: '${params.size}', host: '${context.id}'}"];
    let reads = [
        "driver: static, inputs: {given: '${params}', host: '${resources.server.host}', secrets: {pw: '${params.pw}'}}",
        "driver: static, inputs: {size: '${params.size}', host: h, meta: '${context.metadata}'}",
        "driver: opaque, inputs: {given: '${params}', server: '${resources.server.host}'}, outputs: {host: '${params.name}', far: '${resources.server.host}'}",
    ];
    let asks = [
        "dependencies: {server: {type: server, id: shared}}",
        "dependencies: {server: {type: server, params: {size: '${params.size}', name: '${params.name}'}}}",
        "dependencies: {server: {type: server, id: 's-${params.size}'}}",
        "dependencies: {server: {type: server, id: shared, params: {size: '${params.size}'}}}",
        "dependencies: {server: {type: server}}, coprovision: [{type: policy, class: '@', dependents_follow: true, params: {of: '${params.name}'}}]",
        "dependencies: {server: {type: server}}, coprovision: [{type: policy, depends_on_this: true}]",
    ];
    let read = random.pick(&reads);
    module("db", "db", &format!("{read}, {}", random.pick(&asks)));
    module("db-large", "db", &format!("{}, {}", passes[0], random.pick(&asks)));
    module("server", "server", random.pick(&[passes[0], "driver: opaque, inputs: {all: '${params}'}"]));
    let uses = [
        "driver: static, inputs: {uses: '${params.uses}', host: '${context.id}'}",
        "driver: opaque, inputs: {all: '${workloads}'}",
        "driver: command, inputs: {command: ['x', '${params.uses}']}, outputs: {host: '${params.name}'}",
        "driver: static, inputs: {all: '${params}', host: \"${select.all_dependencies('server').outputs.host}\"}",
    ];
    module("cache", "cache", random.pick(&uses));
    let policies = [
        "driver: static, inputs: {id: '${context.id}', of: '${params.of}'}",
        "driver: static, inputs: {all: \"${select.all_dependencies('db').params.size}\"}",
        "driver: static, inputs: {for: \"${select.all_dependencies('server').outputs.host}\"}",
    ];
    module("policy", "policy", random.pick(&policies));
    let workload = random.pick(&[
        "",
        "driver: static, inputs: {params: '${params}', resources: '${resources}'}",
        "driver: static, inputs: {document: '${context.document}', hosts: '${resources}'}",
        "driver: static, inputs: {all: '${workloads}', containers: '${params.containers}'}",
        "driver: static, inputs: {params: '${params}', owner: '${params.metadata.owner}'}, dependencies: {cache: {type: cache, id: '${context.id}-own', params: {name: '${params.metadata.owner}', uses: '${params.containers.main.image}'}}}",
    ]);
    let mut rules = String::from(
        "{module: db}, {module: db-large, class: large}, {module: server, class: '*'}, {module: cache}, {module: policy, class: '*'}",
    );
    if !workload.is_empty() {
        module("run", "workload", workload);
        module("run-large", "workload", "driver: static, inputs: {image: '${params.containers.main.image}'}");
        rules.push_str(", {module: run, class: '*'}, {module: run-large, class: large}");
    }
    format!(
        "types:\n  db: {{params: {{type: object, properties: {{size: {{type: integer, default: 1}}, pw: {{type: string, writeOnly: true}}}}}}, outputs: {{}}}}\n  server: {{requested_by: modules}}\n  cache: {{}}\n  policy: {{}}\n  workload: {{}}\nmodules:{modules}\nrules: [{rules}]\n"
    )
}

/// A resource of a Score file, in parts that edits change.
#[derive(Clone, Debug)]
struct Part {
    ty: &'static str,
    id: Option<&'static str>,
    params: Vec<(&'static str, String)>,
    metadata: Option<usize>,
}

#[derive(Clone, Debug)]
struct File {
    name: String,
    class: Option<&'static str>,
    owner: usize,
    image: usize,
    variable: String,
    port: usize,
    lines: usize,
    parts: Vec<Part>,
}

fn any_param(random: &mut Random) -> (&'static str, String) {
    match random.below(7) {
        0 | 1 => ("size", random.below(3).to_string()),
        2 => ("size", "'text'".to_owned()),
        3 => ("name", format!("'n{}'", random.below(3))),
        4 => ("pw", random.pick(&["'canary'", "'${resources.r0.pw}'", "'${metadata.name}'"]).to_owned()),
        5 => (
            "name",
            random.pick(&["'${resources.r0.host}'", "'a-${resources.r1.host}-b'", "'${metadata.owner}'"]).to_owned(),
        ),
        _ => (
            "uses",
            random
                .pick(&[
                    "'${resources.r0.host}'",
                    "'${resources.r0.pw}'",
                    "'${resources.r0.given.name}'",
                    "'${resources.r1.given.size}'",
                    "plain",
                    "[1, 2]",
                ])
                .to_owned(),
        ),
    }
}

fn any_part(random: &mut Random, of: &str) -> Part {
    let mut params: Vec<(&str, String)> = (0..random.below(3)).map(|_| any_param(random)).collect();
    params.sort();
    params.dedup_by_key(|(key, _)| *key);
    if of != "w0" && random.one_in(6) {
        let id = Some("w0");
        return Part { ty: "workload", id, params: Vec::new(), metadata: None };
    }
    Part {
        ty: random.pick(&["db", "db", "cache"]),
        id: random.one_in(3).then(|| random.pick(&["main", "other"])),
        params,
        metadata: random.one_in(6).then(|| random.below(2)),
    }
}

fn any_variable(random: &mut Random) -> String {
    let texts = [
        "plain",
        "${resources.r0.host}",
        "a ${resources.r1.host}:${metadata.name}",
        "${resources.r0.given.size}",
        "$${x}",
    ];
    random.pick(&texts).to_owned()
}

fn any_file(random: &mut Random, number: usize) -> File {
    let name = format!("w{number}");
    File {
        class: random.one_in(3).then(|| random.pick(&["large", "small"])),
        owner: random.below(2),
        image: 0,
        variable: any_variable(random),
        port: 80,
        lines: 0,
        parts: (0..1 + random.below(3)).map(|_| any_part(random, &name)).collect(),
        name,
    }
}

fn edit(random: &mut Random, file: &mut File) {
    let parts = file.parts.len();
    let part = random.below(parts.max(1));
    match random.below(16) {
        0 => file.image += 1,
        1 => file.variable = any_variable(random),
        2 => file.lines += 1,
        3 => file.owner += 1,
        4 => file.port += 1,
        5 => file.class = if file.class.is_some() { None } else { Some("large") },
        6 => file.parts.push(any_part(random, &file.name)),
        7 => {
            file.parts.pop();
        }
        8 => file.parts[part..].iter_mut().take(1).for_each(|part| part.metadata = Some(random.below(3))),
        9 => file.parts[part..].iter_mut().take(1).for_each(|part| part.params.reverse()),
        10 => file.parts[part..].iter_mut().take(1).for_each(|part| {
            part.params.pop();
        }),
        11 => file.parts[part..].iter_mut().take(1).for_each(|part| part.id = None),
        _ => {
            let (key, value) = any_param(random);
            if let Some(part) = file.parts.get_mut(part) {
                part.params.retain(|(known, _)| *known != key);
                part.params.push((key, value));
            }
        }
    }
}

fn written(file: &File) -> Option<Workload> {
    let mut text = "\n".repeat(file.lines);
    let class = file.class.map(|class| format!(", annotations: {{partitura.dev/class: {class}}}")).unwrap_or_default();
    let _ = write!(
        text,
        "apiVersion: score.dev/v1b1\nmetadata: {{name: {}, owner: 'o{}'{class}}}\nservice: {{ports: {{web: {{port: {}}}}}}}\ncontainers: {{main: {{image: 'x:{}', variables: {{V: '{}'}}}}}}\n",
        file.name, file.owner, file.port, file.image, file.variable
    );
    for (number, part) in file.parts.iter().enumerate() {
        if number == 0 {
            text.push_str("resources:\n");
        }
        let id = part.id.map(|id| format!(", id: {id}")).unwrap_or_default();
        let params: Vec<String> = part.params.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let params = if params.is_empty() { String::new() } else { format!(", params: {{{}}}", params.join(", ")) };
        let metadata = part.metadata.map(|metadata| format!(", metadata: {{m: {metadata}}}")).unwrap_or_default();
        let _ = writeln!(text, "  r{number}: {{type: {}{id}{params}{metadata}}}", part.ty);
    }
    Workload::parse(Source::new(format!("{}.yaml", file.name), text)).into_result().ok().map(|(workload, _)| workload)
}

/// How often the two ways were held against each other, and how often what is was shared.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    compared: usize,
    shared: usize,
    failed: usize,
}

/// Some files on some platform, changed one or two at a time; what was last sound is gone on from.
fn try_edits(seed: u64, edits: usize, tally: &mut Tally) -> Result<(), TestCaseError> {
    let mut random = Random::new(seed);
    let text = any_platform(&mut random);
    let Ok((platform, _)) = Platform::load(&[Source::new("platform.yaml", &*text)]).into_result() else {
        return Ok(());
    };
    let resolver = Resolver::new(Arc::new(platform)).drivers(drivers());
    let context = Context::new("dev");
    let mut files: Vec<File> = (0..1 + random.below(4)).map(|number| any_file(&mut random, number)).collect();
    let workloads = |files: &[File]| files.iter().map(written).collect::<Option<Vec<Workload>>>();
    let Some(mut last) =
        workloads(&files).and_then(|all| resolver.resolve(&context, &all).into_result().ok()).map(|(last, _)| last)
    else {
        return Ok(());
    };
    for _ in 0..edits {
        let mut next = files.clone();
        let mut changed: Vec<usize> = vec![random.below(files.len())];
        if random.one_in(4) {
            changed.push(random.below(files.len()));
        }
        changed.sort_unstable();
        changed.dedup();
        changed.iter().for_each(|file| edit(&mut random, &mut next[*file]));
        if random.one_in(12) {
            next.push(any_file(&mut random, 10 + files.len()));
            changed.push(next.len() - 1);
        }
        let (Some(all), Some(some)) =
            (workloads(&next), workloads(&changed.iter().map(|file| next[*file].clone()).collect::<Vec<File>>()))
        else {
            continue;
        };
        let (anew, updated) = (resolver.resolve(&context, &all), resolver.update(&last, &some));
        prop_assert_eq!(seen(&updated), seen(&anew), "{}\n{:#?}\n{:#?}", text, files, next);
        tally.compared += 1;
        match (anew.into_result(), updated.into_result()) {
            (Ok((anew, _)), Ok((updated, _))) => {
                let recipes = |resolution: &Resolution| -> Vec<_> {
                    resolution.nodes().map(|node| node.recipe.clone()).collect()
                };
                prop_assert_eq!(recipes(&updated), recipes(&anew));
                tally.shared += usize::from(shared(&last, &updated) > 0);
                (last, files) = (updated, next);
            }
            _ => tally.failed += 1,
        }
    }
    Ok(())
}

/// How many recipes two resolutions share.
fn shared(one: &Resolution, other: &Resolution) -> usize {
    let same = |node: &&score_resolver::Node| {
        other.node(&node.uid).is_some_and(|other| Arc::ptr_eq(&node.recipe, &other.recipe))
    };
    one.nodes().filter(same).count()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn updated_is_as_resolved_anew(seed: u64) {
        try_edits(seed, 12, &mut Tally::default())?;
    }
}

#[test]
fn many_edits_are_local_and_some_fail() {
    let mut tally = Tally::default();
    (0..60).for_each(|seed| try_edits(seed, 12, &mut tally).expect("they are alike"));
    assert!(tally.shared * 3 > tally.compared && tally.failed * 10 > tally.compared, "{tally:?}");
}

const SHOP: &str = "
types: {db: {params: {properties: {size: {type: integer}}}}, cache: {}, server: {requested_by: modules}, policy: {}, hosts: {}}
modules:
  db:
    type: db
    driver: static
    inputs: {given: '${params}', host: '${resources.server.host}'}
    dependencies: {server: {type: server, params: {size: '${params.size}'}}}
    coprovision: [{type: policy, id: all}]
  cache: {type: cache, driver: static, inputs: {given: '${params}', host: '${context.id}'}}
  server: {type: server, driver: static, inputs: {size: '${params.size}', host: '${context.id}'}}
  policy: {type: policy, driver: static, inputs: {sizes: \"${select.consumers('hosts').params.sizes}\"}}
  hosts: {type: hosts, driver: static, inputs: {host: \"${select.dependencies('db').outputs.host}\"}}
rules: [{module: db}, {module: cache}, {module: server}, {module: policy}, {module: hosts}]
";

const BEFORE: [(&str, &str); 3] = [
    (
        "aa",
        "{db: {type: db, params: {size: 1}}, main: {type: cache, id: main}, hosts: {type: hosts}, read: {type: cache, params: {of: '${resources.main.given.size}'}}}",
    ),
    (
        "bb",
        "{db: {type: db, params: {size: 1, of: '${resources.main.host}'}}, main: {type: cache, id: main, params: {size: 1}}}",
    ),
    (
        "cc",
        "{db: {type: db, params: {size: 1}}, other: {type: db, id: other, params: {size: 1}}, more: {type: db, id: more}}",
    ),
];

/// Of the file `name` with these resources instead, how many recipes are made again; `None`: all.
#[track_caller]
fn check(name: &str, resources: &str, remade: Option<usize>) {
    let (resolver, context) = (Resolver::new(platform(SHOP)).drivers(drivers()), Context::new("dev"));
    let workloads = |changed: &str| -> Vec<Workload> {
        let resources = |(known, before): &(&str, &'static str)| if *known == changed { resources } else { before };
        BEFORE.iter().map(|file| workload(file.0, resources(file))).collect()
    };
    let (before, _) = resolver.resolve(&context, &workloads("")).into_result().expect("it is sound");
    let after = resolver.update(&before, &[workload(name, resources)]);
    assert_eq!(seen(&after), seen(&resolver.resolve(&context, &workloads(name))));
    let shared = after.value().map_or(0, |after| shared(&before, after));
    let count = before.nodes().len();
    assert_eq!(count - shared, remade.unwrap_or(count), "{name}: {resources}: of {count}");
}

#[test]
fn what_is_made_again() {
    let (_, a) = BEFORE[0];
    let (_, b) = BEFORE[1];
    let (_, c) = BEFORE[2];
    check("aa", a, Some(0));
    // The database and its server, which is told the size.
    check("aa", &a.replace("size: 1", "size: 2"), Some(2));
    // The shared one is asked for by others who say nothing of it.
    check("bb", &b.replace("main, params: {size: 1}", "main, params: {size: 1, more: x}"), Some(1));
    check("cc", &c.replace("other, params: {size: 1}", "other, params: {size: 2}"), Some(2));
    // Others have a say in it.
    check("aa", &a.replace("id: main", "id: main, params: {size: 1}"), None);
    // Something is asked for, or no longer, or under another id; an edge comes to it.
    check("aa", &a.replace("hosts: {type: hosts}", "xx: {type: hosts}"), None);
    check("aa", "{}", None);
    check("cc", &c.replace("id: other", "id: others"), None);
    check("bb", &b.replace("${resources.main.host}", "x"), None);
    // What somebody selects: sizes of `hosts`.
    check("aa", &a.replace("{type: hosts}", "{type: hosts, params: {sizes: 1}}"), None);
    // Something that others read is not there any more, or something is that others may not read.
    check("bb", &b.replace("main, params: {size: 1}", "main, params: {of: 1}"), None);
    check("bb", &b.replace("main, params: {size: 1}", "main, params: {size: '${resources.db.host}'}"), None);
}

#[test]
fn another_resolver_resolves_anew() {
    let before: Vec<Workload> = BEFORE.iter().map(|(name, resources)| workload(name, resources)).collect();
    let resolver = Resolver::new(platform(SHOP)).drivers(drivers());
    let (before, _) = resolver.resolve(&Context::new("dev"), &before).into_result().expect("it is sound");
    let (same, _) = resolver.update(&before, &[]).into_result().expect("it is sound");
    assert_eq!(shared(&before, &same), before.nodes().len());
    let (other, _) = Resolver::new(platform(SHOP)).update(&before, &[]).into_result().expect("it is sound");
    assert_eq!((shared(&before, &other), other.nodes().len()), (0, before.nodes().len()));
}

/// One change after the other, each gone on from: the same as resolving anew, each time.
#[track_caller]
fn check_each(mut files: Vec<(String, String)>, changes: &[(&str, &str)]) {
    let (resolver, context) = (Resolver::new(platform(SHOP)).drivers(drivers()), Context::new("dev"));
    let all = |files: &[(String, String)]| -> Vec<Workload> {
        files.iter().map(|(name, resources)| workload(name, resources)).collect()
    };
    let (mut last, _) = resolver.resolve(&context, &all(&files)).into_result().expect("it is sound");
    for (name, resources) in changes {
        files.retain(|(known, _)| known != name);
        files.push(((*name).to_owned(), (*resources).to_owned()));
        let updated = resolver.update(&last, &[workload(name, resources)]);
        assert_eq!(seen(&updated), seen(&resolver.resolve(&context, &all(&files))));
        let Ok((updated, _)) = updated.into_result() else { continue };
        last = updated;
    }
}

#[test]
fn who_has_a_say_is_remembered() {
    let silent = "{main: {type: cache, id: main}}";
    let says = |size| format!("{{main: {{type: cache, id: main, params: {{size: {size}}}}}}}");
    let files = [("aa", silent), ("bb", silent)].map(|(name, file)| (name.to_owned(), file.to_owned()));
    check_each(
        files.to_vec(),
        &[("bb", &says(1)), ("aa", &says(2)), ("aa", &says(1)), ("bb", silent), ("bb", &says(3))],
    );
    check_each(files.to_vec(), &[("bb", &says(1)), ("bb", silent), ("aa", &says(2))]);
}

#[test]
fn of_many_files_all_others_are_shared() {
    let file = |size: usize, at: usize| {
        let uses = if at == 0 { String::new() } else { format!(", before: {{type: cache, id: c{}}}", at - 1) };
        format!(
            "{{own: {{type: cache, id: c{at}, params: {{size: {size}}}}}, db: {{type: db, params: {{size: {size}}}}}{uses}}}"
        )
    };
    let files: Vec<(String, String)> = (0..100).map(|at| (format!("file-{at:03}"), file(at, at))).collect();
    let (some, other) = (file(7, 50), file(8, 99));
    check_each(files, &[("file-050", &some), ("file-099", &other), ("file-050", &file(9, 50)), ("file-000", "{}")]);
}

//! What people are told about broken Score files: all problems of a file in one run, in the order of their places.

use score_model::{Source, Workload};

#[track_caller]
fn shown(text: &str) -> String {
    Workload::parse(Source::new("score.yaml", text)).diagnostics().to_string()
}

#[test]
fn five_problems_in_one_run() {
    let text = r#"apiVersion: score.dev/v1b1
metadata: {name: shop}
service:
  ports:
    web: {port: eighty}
containers:
  main:
    image: shop:1
    restart: always
    variables:
      PORT: 8080
      HOST: "${resources.missing.host}"
resources:
  cache: {class: large}
"#;
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:5:17: error[wrong-type]: `port` must be a whole number from 1 to 65535, not the text `eighty`
5 |     web: {port: eighty}
  |                 ^^^^^^
hint: write it such as `port: 80`
score.yaml:9:5: error[unknown-field]: a container has no `restart`
9 |     restart: always
  |     ^^^^^^^
hint: a container has `image`, `command`, `args`, `variables`, `files`, `volumes`, `before`, `resources`, `livenessProbe` and `readinessProbe`
score.yaml:11:13: error[wrong-type]: `PORT` must be a text, not the number 8080
11 |       PORT: 8080
   |             ^^^^
hint: put it in quotes: `"8080"`
score.yaml:12:14: error[undeclared-resource]: `${resources.missing.host}` names a resource `missing` that is not declared
12 |       HOST: "${resources.missing.host}"
   |              ^^^^^^^^^^^^^^^^^^^^^^^^^
hint: declared are `cache`; add it under `resources`, or name one of these
score.yaml:14:3: error[missing-field]: `cache` has no `type`
14 |   cache: {class: large}
   |   ^^^^^
hint: add it, such as `type: postgres`
"#);
}

#[test]
fn slips() {
    let text = r#"apiVersion: score.dev/v1
metadata:
  name: My_Shop
  annotations: {2001-01-01: yes, ok: 1}
service:
  port: {web: 80}
containers:
  main:
    Image: shop:1
    command: /bin/sh -c sleep
    varaibles: {A: "1"}
    files:
      /etc/a: {content: a, source: b, mode: 0600}
      /etc/b: {}
    volumes:
      /data: {source: "${resource.data}", read_only: true}
    before: {main: {ready: started}, sidecart: {ready: ready}, sidecar: {ready: complete}}
    resources: {limits: {memory: 1k, cpu: 2}}
    livenessProbe: {}
  sidecar:
    image: ""
    before: {main: {ready: healthy}}
    args:
      - 1
      - [a]
    readinessProbe: {httpGet: {path: /, port: 70000, scheme: http}}
resources:
  db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
"#;
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:1:13: error[bad-value]: `apiVersion`: `score.dev/v1` is not a version of the specification
1 | apiVersion: score.dev/v1
  |             ^^^^^^^^^^^^
hint: the only one is `score.dev/v1b1`
score.yaml:3:9: error[bad-value]: `name`: `My_Shop` is not a name
3 |   name: My_Shop
  |         ^^^^^^^
hint: names have 2 to 63 characters of `a-z`, `0-9` and `-`, with no `-` at either end; write `my-shop`
score.yaml:4:17: error[key-not-text]: the key `2001-01-01` is not a text
4 |   annotations: {2001-01-01: yes, ok: 1}
  |                 ^^^^^^^^^^
hint: write `"2001-01-01"`
score.yaml:4:38: error[wrong-type]: `ok` must be a text, not the number 1
4 |   annotations: {2001-01-01: yes, ok: 1}
  |                                      ^
hint: put it in quotes: `"1"`
score.yaml:6:3: error[unknown-field]: a service has no `port`
6 |   port: {web: 80}
  |   ^^^^
hint: did you mean `ports`?
score.yaml:8:3: error[missing-field]: `main` has no `image`
8 |   main:
  |   ^^^^
hint: write `image` instead of `Image`
score.yaml:9:5: error[unknown-field]: a container has no `Image`
9 |     Image: shop:1
  |     ^^^^^
hint: did you mean `image`?
score.yaml:10:14: error[wrong-type]: `command` must be a list, not the text `/bin/sh -c sleep`
10 |     command: /bin/sh -c sleep
   |              ^^^^^^^^^^^^^^^^
hint: write one item for each word: `["/bin/sh", "-c", "sleep"]`
score.yaml:11:5: error[unknown-field]: a container has no `varaibles`
11 |     varaibles: {A: "1"}
   |     ^^^^^^^^^
hint: did you mean `variables`?
score.yaml:13:7: error[conflict]: `/etc/a` has both `content` and `source`
13 |       /etc/a: {content: a, source: b, mode: 0600}
   |       ^^^^^^
hint: keep only one of them
score.yaml:13:45: error[wrong-type]: `mode` must be a text, not the number 384
13 |       /etc/a: {content: a, source: b, mode: 0600}
   |                                             ^^^^
hint: an access mode is a text: write `"0600"`
score.yaml:14:7: error[missing-field]: `/etc/b` has no `content`, `binaryContent` or `source`
14 |       /etc/b: {}
   |       ^^^^^^
hint: add exactly one of them
score.yaml:16:24: error[unknown-reference]: `${resource.data}` begins with `resource`, which is neither `metadata` nor `resources`
16 |       /data: {source: "${resource.data}", read_only: true}
   |                        ^^^^^^^^^^^^^^^^
hint: did you mean `resources`? write `$${` for a text that is no placeholder
score.yaml:16:43: error[unknown-field]: a volume has no `read_only`
16 |       /data: {source: "${resource.data}", read_only: true}
   |                                           ^^^^^^^^^
hint: did you mean `readOnly`?
score.yaml:17:14: error[before-itself]: the container `main` comes before itself
17 |     before: {main: {ready: started}, sidecart: {ready: ready}, sidecar: {ready: complete}}
   |              ^^^^
hint: remove this entry
score.yaml:17:38: error[unknown-container]: the container `main` comes before `sidecart`, which does not exist
17 |     before: {main: {ready: started}, sidecart: {ready: ready}, sidecar: {ready: complete}}
   |                                      ^^^^^^^^
hint: did you mean `sidecar`?
score.yaml:17:56: error[bad-value]: `ready` must be `started`, `healthy` or `complete`, not `ready`
17 |     before: {main: {ready: started}, sidecart: {ready: ready}, sidecar: {ready: complete}}
   |                                                        ^^^^^
hint: write it such as `ready: complete`
score.yaml:17:64: error[before-cycle]: containers wait for each other: `main` before `sidecar` before `main`
17 |     before: {main: {ready: started}, sidecart: {ready: ready}, sidecar: {ready: complete}}
   |                                                                ^^^^^^^
hint: remove one of these entries of `before`
score.yaml:18:34: error[bad-value]: `memory`: `1k` is not an amount of memory
18 |     resources: {limits: {memory: 1k, cpu: 2}}
   |                                  ^^
hint: an amount is a number that does not begin with needless zeros, with or without one of `K`, `M`, `G`, `T`, `P`, `E`, `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei` after it, such as `"128Mi"`; write `1K`
score.yaml:18:43: error[wrong-type]: `cpu` must be a text, not the number 2
18 |     resources: {limits: {memory: 1k, cpu: 2}}
   |                                           ^
hint: put it in quotes: `"2"`
score.yaml:19:5: error[missing-field]: `livenessProbe` has neither `httpGet` nor `exec`
19 |     livenessProbe: {}
   |     ^^^^^^^^^^^^^
hint: add one of them, such as `exec: {command: ["true"]}`
score.yaml:21:12: error[bad-value]: `image` is empty
21 |     image: ""
   |            ^^
hint: write it such as `image: "my-image:1"`
score.yaml:24:9: error[wrong-type]: item 0 of `args` must be a text, not the number 1
24 |       - 1
   |         ^
hint: put it in quotes: `"1"`
score.yaml:25:9: error[wrong-type]: item 1 of `args` must be a text, not a list
25 |       - [a]
   |         ^^^
hint: write it such as `args: ["-c", "sleep 1"]`
score.yaml:26:47: error[wrong-type]: `port` must be a whole number from 1 to 65535, not the number 70000
26 |     readinessProbe: {httpGet: {path: /, port: 70000, scheme: http}}
   |                                               ^^^^^
hint: write it such as `port: 8080`
score.yaml:26:62: error[bad-value]: `scheme` must be `HTTP` or `HTTPS`, not `http`
26 |     readinessProbe: {httpGet: {path: /, port: 70000, scheme: http}}
   |                                                              ^^^^
hint: write `HTTP`
score.yaml:28:24: error[wrong-type]: `class` has no value
28 |   db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
   |                        ^^^^^
hint: give it a text, or remove the key
score.yaml:28:41: warning[private-id]: the id `a.b` is that of the private resource `b` of a workload `a`
28 |   db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
   |                                         ^^^
hint: give a resource that workloads share an id without a dot, unless it is that one you mean
score.yaml:28:55: error[key-not-text]: the key `80` is not a text
28 |   db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
   |                                                       ^^
hint: write `"80"`
score.yaml:28:60: error[undeclared-resource]: `${resources.bd.port}` names a resource `bd` that is not declared
28 |   db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
   |                                                            ^^^^^^^^^^^^^^^^^^^^
hint: declared are `db`; add it under `resources`, or name one of these
score.yaml:28:81: error[malformed-placeholder]: `${x y}` is malformed
28 |   db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
   |                                                                                 ^^^^^^
hint: write `${metadata.KEY}` or `${resources.NAME.OUTPUT}`; write `$${` for a text that is no placeholder
score.yaml:28:88: error[unknown-metadata]: `${metadata.nome}` names what the metadata does not have
28 |   db: {type: postgres, class: null, id: a.b, params: {80: "${resources.bd.port} ${x y} ${metadata.nome}"}}
   |                                                                                        ^^^^^^^^^^^^^^^^
hint: write it into `metadata`, or correct the path; a dot inside a key is written `\.`
"#);
}

#[track_caller]
fn check_hint(text: &str, hint: &str) {
    let shown = shown(text);
    assert!(shown.contains(&format!("hint: {hint}")), "{shown}");
}

#[test]
fn hints_say_what_to_write() {
    let file =
        |rest: &str| format!("apiVersion: score.dev/v1b1\nmetadata: {{name: shop}}\ncontainers:\n  main:\n{rest}");
    check_hint(&file("    image: 1.20\n"), "put it in quotes: `\"1.20\"`");
    check_hint(
        &file("    image: a\nservice: {ports: [{port: 80}]}\n"),
        "write it such as `ports: {web: {port: 80, targetPort: 8080}}`",
    );
    check_hint(&file("    image: a\n    before: [main]\n"), "write it such as `before: {main: {ready: complete}}`");
    check_hint(&file("    image: a\n    files: {/a: hello}\n"), "write a map, such as `{content: \"key: value\"}`");
    check_hint(&file("    image\n    variables: {}\n"), "write a `:` after `image` in line 5");
    check_hint(
        "apiVersion:score.dev/v1b1\nmetadata: {name: shop}\n",
        "write a blank after the `:` of `apiVersion` in line 1",
    );
    check_hint(
        &file("    image: a\nresources: {my.db: {type: postgres}}\n"),
        "names have 2 to 63 characters of `a-z`, `0-9` and `-`, with no `-` at either end; write `my-db`",
    );
}

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
hint: remove it: Score leaves this to the platform
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
hint: give it a text, such as `class: large`, or remove the key
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
hint: did you mean `${metadata.name}`?
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

#[test]
fn habits_of_other_tools() {
    let text = r#"apiVersion: score.dev/v1b1
metadata:
  name: shop
replicas: 2
service:
  ports:
    web: {port: 80, target: 8080}
containers:
  main:
    image: shop:1
    command: sh -c "echo hello"
    environment: [A=b]
    ports: ["80:8080"]
    depends_on: [db]
    restart: always
    files:
      /etc/a: {content: [a, b]}
    volumes:
      - ./conf:/etc/conf:ro
      - data:/data
    livenessProbe:
      tcpSocket: {port: 80}
      periodSeconds: 10
    readinessProbe: {path: /, port: 80}
resources:
  db: {type: postgres, version: "16"}
"#;
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:4:1: error[unknown-field]: a Score file has no `replicas`
4 | replicas: 2
  | ^^^^^^^^
hint: remove it: Score leaves this to the platform
score.yaml:7:21: error[unknown-field]: a port has no `target`
7 |     web: {port: 80, target: 8080}
  |                     ^^^^^^
hint: write `targetPort`
score.yaml:11:14: error[wrong-type]: `command` must be a list, not the text `sh -c "echo hello"`
11 |     command: sh -c "echo hello"
   |              ^^^^^^^^^^^^^^^^^^
hint: write one item for each word: `["sh", "-c", "echo hello"]`
score.yaml:12:5: error[unknown-field]: a container has no `environment`
12 |     environment: [A=b]
   |     ^^^^^^^^^^^
hint: environment variables are `variables: {KEY: "value"}`
score.yaml:13:5: error[unknown-field]: a container has no `ports`
13 |     ports: ["80:8080"]
   |     ^^^^^
hint: ports are the workload's: write `service: {ports: {web: {port: 80, targetPort: 8080}}}` at the top of the file
score.yaml:14:5: error[unknown-field]: a container has no `depends_on`
14 |     depends_on: [db]
   |     ^^^^^^^^^^
hint: write into the container that starts first which others it comes before, such as `before: {main: {ready: started}}`; what is no container is a resource
score.yaml:15:5: error[unknown-field]: a container has no `restart`
15 |     restart: always
   |     ^^^^^^^
hint: remove it: Score leaves this to the platform
score.yaml:17:25: error[wrong-type]: `content` must be a text, not a list
17 |       /etc/a: {content: [a, b]}
   |                         ^^^^^^
hint: write one text; one of several lines begins with `|`, and its lines are indented below
score.yaml:18:5: warning[deprecated]: `volumes` as a list is deprecated
18 |     volumes:
   |     ^^^^^^^
hint: write a map from the path in the container to the rest
score.yaml:19:9: error[wrong-type]: item 0 of `volumes` must be a map
19 |       - ./conf:/etc/conf:ro
   |         ^^^^^^^^^^^^^^^^^^^
hint: write `volumes: {/etc/conf: {source: ./conf, readOnly: true}}`
score.yaml:20:9: error[wrong-type]: item 1 of `volumes` must be a map
20 |       - data:/data
   |         ^^^^^^^^^^
hint: write `volumes: {/data: {source: "${resources.data}"}}`
score.yaml:21:5: error[missing-field]: `livenessProbe` has neither `httpGet` nor `exec`
21 |     livenessProbe:
   |     ^^^^^^^^^^^^^
hint: add one of them, such as `exec: {command: ["true"]}`
score.yaml:22:7: error[unknown-field]: a probe has no `tcpSocket`
22 |       tcpSocket: {port: 80}
   |       ^^^^^^^^^
hint: Score has no such probe: write `exec` with a command that does it, or `httpGet`
score.yaml:23:7: error[unknown-field]: a probe has no `periodSeconds`
23 |       periodSeconds: 10
   |       ^^^^^^^^^^^^^
hint: remove it: Score leaves how often and how long to ask to the platform
score.yaml:24:5: error[missing-field]: `readinessProbe` has neither `httpGet` nor `exec`
24 |     readinessProbe: {path: /, port: 80}
   |     ^^^^^^^^^^^^^^
hint: add one of them, such as `exec: {command: ["true"]}`
score.yaml:24:22: error[unknown-field]: a probe has no `path`
24 |     readinessProbe: {path: /, port: 80}
   |                      ^^^^
hint: write it below `httpGet`: `httpGet: {path: /, port: 8080}`
score.yaml:24:31: error[unknown-field]: a probe has no `port`
24 |     readinessProbe: {path: /, port: 80}
   |                               ^^^^
hint: write it below `httpGet`: `httpGet: {path: /, port: 8080}`
score.yaml:26:24: error[unknown-field]: a resource has no `version`
26 |   db: {type: postgres, version: "16"}
   |                        ^^^^^^^
hint: a resource has `type`, `class`, `id`, `metadata` and `params`; what it should be like goes into `params`
"#);
}

#[test]
fn a_file_of_another_tool() {
    let text = "services:
  web:
    image: nginx
";
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:1:1: error[missing-field]: the file has no `apiVersion`
1 | services:
  | ^^^^^^^^^
hint: add it, such as `apiVersion: score.dev/v1b1`
score.yaml:1:1: error[missing-field]: the file has no `containers`
1 | services:
  | ^^^^^^^^^
hint: add it, such as `containers: {main: {image: "my-image:1"}}`
score.yaml:1:1: error[missing-field]: the file has no `metadata`
1 | services:
  | ^^^^^^^^^
hint: add it, such as `metadata: {name: my-workload}`
score.yaml:1:1: error[unknown-field]: a Score file has no `services`
1 | services:
  | ^^^^^^^^
hint: this is what a Compose file has; write a Score file for each service, with `containers`, and `resources` for what it needs
"#);
}

#[test]
fn what_is_not_indented() {
    let text = "apiVersion: score.dev/v1b1
metadata:
  name: shop
containers:
  main:
  image: shop:1
resources:
  db:
  type: postgres
";
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:5:3: error[wrong-type]: `main` has no value
5 |   main:
  |   ^^^^
hint: indent `image` further than `main`, if it belongs to it
score.yaml:6:10: error[wrong-type]: `image` must be a map, not the text `shop:1`
6 |   image: shop:1
  |          ^^^^^^
hint: indent it further than `main`, if it belongs to it
score.yaml:8:3: error[wrong-type]: `db` has no value
8 |   db:
  |   ^^
hint: indent `type` further than `db`, if it belongs to it
score.yaml:9:9: error[wrong-type]: `type` must be a map, not the text `postgres`
9 |   type: postgres
  |         ^^^^^^^^
hint: indent it further than `db`, if it belongs to it
"#);
}

#[test]
fn a_colon_without_a_blank() {
    let text = "apiVersion: score.dev/v1b1
metadata:
  name: shop
containers:
  main:
    image:shop
";
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:6:5: error[wrong-type]: `main` must be a map, not the text `image:shop`
6 |     image:shop
  |     ^^^^^^^^^^
hint: write a blank after the colon: `image: shop`
"#);
}

#[test]
fn a_blank_that_is_none() {
    let text = "apiVersion: score.dev/v1b1\nmetadata:\n  name: shop\ncontainers:\n\u{a0}\u{a0}main:\n    image: shop\n";
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:4:1: error[wrong-type]: `containers` has no value
4 | containers:
  | ^^^^^^^^^^
hint: give it a map, or remove the key
score.yaml:5:1: error[unknown-field]: a Score file has no `  main`
5 |   main:
  | ^^^^^^
hint: there is a blank in it that is no usual one, such as U+00A0: type it anew
"#);
}

#[test]
fn placeholders_that_mean_something_else() {
    let text = "apiVersion: score.dev/v1b1
metadata:
  name: shop
containers:
  main:
    image: shop:1
    variables:
      A: ${db.host}
      B: ${metadata.naem}
      C: ${env.HOME}
      D: ${resources.db}
      E: ${resources.db.host
      F: ${PORT}
resources:
  db: {type: postgres}
";
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:8:10: error[unknown-reference]: `${db.host}` begins with `db`, which is neither `metadata` nor `resources`
8 |       A: ${db.host}
  |          ^^^^^^^^^^
hint: did you mean `${resources.db.host}`? write `$${` for a text that is no placeholder
score.yaml:9:10: error[unknown-metadata]: `${metadata.naem}` names what the metadata does not have
9 |       B: ${metadata.naem}
  |          ^^^^^^^^^^^^^^^^
hint: did you mean `${metadata.name}`?
score.yaml:10:10: error[unknown-reference]: `${env.HOME}` begins with `env`, which is neither `metadata` nor `resources`
10 |       C: ${env.HOME}
   |          ^^^^^^^^^^^
hint: declare a resource, `resources: {env: {type: environment}}`, and write `${resources.env.NAME}`; write `$${` for a text that is no placeholder
score.yaml:11:10: warning[no-output]: `${resources.db}` names no output of `db`: here it is the uid of the resource, and score-compose and score-k8s refuse it
11 |       D: ${resources.db}
   |          ^^^^^^^^^^^^^^^
hint: name an output, such as `${resources.db.host}`
score.yaml:12:10: warning[unclosed-placeholder]: no `}` closes this `${`: it stays as it is, as plain text
12 |       E: ${resources.db.host
   |          ^^
hint: add the `}`; write `$${` for a text that is no placeholder
score.yaml:13:10: error[malformed-placeholder]: `${PORT}` is malformed
13 |       F: ${PORT}
   |          ^^^^^^^
hint: write `${metadata.KEY}` or `${resources.NAME.OUTPUT}`; write `$${` for a text that is no placeholder
"#);
}

#[test]
fn two_documents() {
    let text = "apiVersion: score.dev/v1b1
metadata:
  name: shop
containers: {main: {image: shop}}
---
apiVersion: score.dev/v1b1
metadata:
  name: other
";
    insta::assert_snapshot!(shown(text), @r#"
score.yaml:5:1: warning[further-document]: a second document begins here: only the first one of a file is read
5 | ---
  | ^^^
hint: put each workload into a file of its own
"#);
}

#[test]
fn mistakes_of_syntax() {
    insta::assert_snapshot!(shown("a: &base {b: 1}
c: *bse
"), @r#"
score.yaml:2:4: error[syntax]: an alias (`*name`) to what is not anchored before it
2 | c: *bse
  |    ^
hint: did you mean `*base`?
"#);
    insta::assert_snapshot!(shown(r#"a: "C:\Users"
"#), @r#"
score.yaml:1:4: error[syntax]: no such escape in a double-quoted text
1 | a: "C:\Users"
  |    ^
hint: write a backslash as `\\`, or put the text in single quotes
"#);
    insta::assert_snapshot!(shown("a:
  content: |
  hello
"), @r#"
score.yaml:3:3: error[syntax]: a key or `:` is missing here
3 |   hello
  |   ^
hint: indent the lines of a block text further than its key
"#);
    insta::assert_snapshot!(shown("# to do
"), @r#"
score.yaml:1:1: error[empty]: there is nothing in this file
1 | # to do
  | ^
hint: begin with `apiVersion: score.dev/v1b1`, `metadata: {name: my-workload}` and `containers: {main: {image: "my-image:1"}}`
"#);
}

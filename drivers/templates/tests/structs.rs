//! Structs, which the Score tools give to templates: what Go's engine makes of the same templates and types.

#![allow(clippy::expect_used, reason = "a test")]

use std::sync::Arc;

use score_templates::{Data, Functions, Host, List, Map, Struct, StructType, Template, Text, Type};

fn struct_type(name: &str, pointer: bool, fields: &[(&str, Type)]) -> Arc<StructType> {
    let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect();
    Arc::new(StructType { name: name.to_owned(), pointer, fields, json: Vec::new() })
}

fn map_of(element: Type, entries: &[(&str, Data)]) -> Data {
    let entries = entries.iter().map(|(key, value)| (Text::from(*key), value.clone())).collect();
    Data::Map(Arc::new(Map::new(element, entries)))
}

fn data() -> Data {
    let any_map = Type::Map(Arc::new(Type::Any));
    let port = struct_type(
        "templateprov.ServicePort",
        false,
        &[("Name", Type::String), ("Port", Type::Int), ("TargetPort", Type::Int)],
    );
    let ports = Type::Map(Arc::new(Type::Struct(Arc::clone(&port))));
    let service = struct_type("templateprov.Service", false, &[("ServiceName", Type::String), ("Ports", ports)]);
    let services = Type::Struct(Arc::clone(&service));
    let root = struct_type(
        "templateprov.Data",
        true,
        &[
            ("Uid", Type::String),
            ("Params", any_map.clone()),
            ("Shared", any_map.clone()),
            ("WorkloadServices", Type::Map(Arc::new(services.clone()))),
            ("Manifests", Type::List(Arc::new(any_map.clone()))),
        ],
    );
    let web =
        Data::Struct(Arc::new(Struct::new(Arc::clone(&port), vec![Data::from("web"), Data::Int(80), Data::Int(8080)])));
    let ports = map_of(Type::Struct(port), &[("web", web)]);
    let workload = Data::Struct(Arc::new(Struct::new(service, vec![Data::from("w-svc"), ports])));
    let manifest = |kind: &str| map_of(Type::Any, &[("kind", Data::from(kind))]);
    Data::Struct(Arc::new(Struct::new(
        root,
        vec![
            Data::from("a#b"),
            map_of(Type::Any, &[("x", Data::Int(1)), ("n", Data::Null)]),
            Data::Map(Arc::new(Map::absent(Type::Any))),
            map_of(services, &[("w", workload)]),
            Data::List(Arc::new(List::new(any_map, vec![manifest("A"), manifest("B")]))),
        ],
    )))
}

fn render(text: &str) -> Result<String, String> {
    let template = Template::parse("", text, &Functions::default()).expect("parses");
    template.render(&data(), &mut Host::default()).map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(render(text).as_deref(), Ok(expected));
}

/// The failure without its beginning, which is the same for all.
#[track_caller]
fn check_fails(text: &str, expected: &str) {
    let error = render(text).expect_err("fails");
    assert_eq!(error.strip_prefix("template: :1:"), Some(expected));
}

#[test]
fn fields() {
    check("{{ .Uid }} {{ .Params.x }} {{ .Params.zz }}", "a#b 1 <no value>");
    check_fails("{{ .Nope }}", r#"3: executing "" at <.Nope>: can't evaluate field Nope in type *templateprov.Data"#);
    check_fails(
        "{{ if .Nope }}x{{ end }}",
        r#"6: executing "" at <.Nope>: can't evaluate field Nope in type *templateprov.Data"#,
    );
    check("{{ .Shared.x }}", "<no value>");
    check_fails(
        "{{ .WorkloadServices.w.Nope }}",
        r#"20: executing "" at <.WorkloadServices.w.Nope>: can't evaluate field Nope in type templateprov.Service"#,
    );
    check_fails(
        r#"{{ (index .WorkloadServices "w").Nope }}"#,
        r#"28: executing "" at <"w">: can't evaluate field Nope in type templateprov.Service"#,
    );
    check_fails("{{ .Uid.x }}", r#"7: executing "" at <.Uid.x>: can't evaluate field x in type string"#);
    check_fails("{{ .Uid 1 }}", r#"3: executing "" at <.Uid>: Uid has arguments but cannot be invoked as function"#);
    check_fails("{{ .Params.n.x }}", r#"10: executing "" at <.Params.n.x>: nil pointer evaluating interface {}.x"#);
    check_fails(
        "{{ .Manifests.x }}",
        r#"13: executing "" at <.Manifests.x>: can't evaluate field x in type []map[string]interface {}"#,
    );
}

#[test]
fn zero_values() {
    check("{{ .WorkloadServices.w.ServiceName }} {{ .WorkloadServices.zz }}", "w-svc <no value>");
    check("{{ .WorkloadServices.zz.ServiceName }}", "<no value>");
    check(
        r#"{{ $s := index .WorkloadServices "zz" }}{{ if $s }}yes{{ end }}{{ $s }}{{ $s.ServiceName | quote }}{{ (index $s.Ports "web").TargetPort }}"#,
        r#"yes{ map[]}""0"#,
    );
    check("{{ with .Shared }}x{{ else }}empty{{ end }}", "empty");
    check(
        r#"{{ printf "%s|%d|%q" .WorkloadServices.w .WorkloadServices.w .WorkloadServices.w }}"#,
        r#"{w-svc map[web:{web %!s(int=80) %!s(int=8080)}]}|{%!d(string=w-svc) map[%!d(string=web):{%!d(string=web) 80 8080}]}|{"w-svc" map["web":{"web" 'P' 'ᾐ'}]}"#,
    );
    check(r#"{{ not (index .WorkloadServices "zz") }}"#, "false");
}

#[test]
fn printing() {
    check("{{ . }}", "{a#b map[n:<nil> x:1] map[] map[w:{w-svc map[web:{web 80 8080}]}] [map[kind:A] map[kind:B]]}");
    check(
        r#"{{ printf "%v" . }}"#,
        "&{a#b map[n:<nil> x:1] map[] map[w:{w-svc map[web:{web 80 8080}]}] [map[kind:A] map[kind:B]]}",
    );
    check(
        r#"{{ printf "%+v" .WorkloadServices }}"#,
        "map[w:{ServiceName:w-svc Ports:map[web:{Name:web Port:80 TargetPort:8080}]}]",
    );
    check(
        "{{ toJson . }}",
        r#"{"Uid":"a#b","Params":{"n":null,"x":1},"Shared":null,"WorkloadServices":{"w":{"ServiceName":"w-svc","Ports":{"web":{"Name":"web","Port":80,"TargetPort":8080}}}},"Manifests":[{"kind":"A"},{"kind":"B"}]}"#,
    );
    check(r#"{{ .Shared | toJson }} {{ printf "%#v" .Shared }}"#, "null map[string]interface {}(nil)");
    check(
        "{{ .WorkloadServices | toJson }}",
        r#"{"w":{"ServiceName":"w-svc","Ports":{"web":{"Name":"web","Port":80,"TargetPort":8080}}}}"#,
    );
    check(
        "{{ typeOf . }} {{ kindOf . }} {{ typeOf .WorkloadServices }} {{ typeOf .Manifests }} {{ kindOf .WorkloadServices.w }}",
        "*templateprov.Data ptr map[string]templateprov.Service []map[string]interface {} struct",
    );
}

#[test]
fn functions() {
    check(r#"{{ (index (index .WorkloadServices "w").Ports "web").TargetPort }}"#, "8080");
    check(
        "{{ range $n, $s := .WorkloadServices }}{{ $n }}={{ $s.ServiceName }}{{ range $s.Ports }}:{{ .Port }}{{ end }}{{ end }}",
        "w=w-svc:80",
    );
    check_fails(
        r#"{{ get .WorkloadServices "w" }}"#,
        r#"7: executing "" at <.WorkloadServices>: wrong type for value; expected map[string]interface {}; got map[string]templateprov.Service"#,
    );
    check_fails(
        "{{ keys .WorkloadServices }}",
        r#"8: executing "" at <.WorkloadServices>: wrong type for value; expected map[string]interface {}; got map[string]templateprov.Service"#,
    );
    check_fails(
        r#"{{ dig "w" "d" .WorkloadServices }}"#,
        r#"3: executing "" at <dig "w" "d" .WorkloadServices>: error calling dig: interface conversion: interface {} is map[string]templateprov.Service, not map[string]interface {}"#,
    );
    check_fails("{{ len . }}", r#"3: executing "" at <len .>: error calling len: len of type templateprov.Data"#);
    check_fails(
        r#"{{ index . "Uid" }}"#,
        r#"3: executing "" at <index . "Uid">: error calling index: can't index item of type templateprov.Data"#,
    );
    check_fails(
        "{{ upper . }}",
        r#"9: executing "" at <.>: wrong type for value; expected string; got *templateprov.Data"#,
    );
    check("{{ eq . . }}", "true");
    check_fails(
        "{{ eq .Params .Params }}",
        r#"3: executing "" at <eq .Params .Params>: error calling eq: non-comparable type map[n:<nil> x:%!s(int=1)]: map[string]interface {}"#,
    );
    check_fails(
        "{{ eq .WorkloadServices.w .WorkloadServices.w }}",
        r#"3: executing "" at <eq .WorkloadServices.w .WorkloadServices.w>: error calling eq: non-comparable type {w-svc map[web:{web %!s(int=80) %!s(int=8080)}]}: templateprov.Service"#,
    );
    check_fails(
        "{{ range . }}x{{ end }}",
        r#"9: executing "" at <.>: range can't iterate over {a#b map[n:<nil> x:1] map[] map[w:{w-svc map[web:{web 80 8080}]}] [map[kind:A] map[kind:B]]}"#,
    );
    check(r#"{{ empty . }}{{ default "d" (index .WorkloadServices "zz") }}"#, "false{ map[]}");
    check(
        r#"{{ deepEqual .WorkloadServices.w (index .WorkloadServices "w") }}{{ has .WorkloadServices.w (list .WorkloadServices.w) }}"#,
        "truetrue",
    );
    check("{{ list . .WorkloadServices.w | len }}", "2");
}

#[test]
fn lists_and_maps() {
    check("{{ range .Manifests }}{{ .kind }}{{ .nope }}{{ end }}", "A<no value>B<no value>");
    check("{{ (index .Manifests 0).kind }} {{ len .Manifests }}", "A 2");
    check_fails(
        r#"{{ set .Shared "a" 1 }}"#,
        r#"3: executing "" at <set .Shared "a" 1>: error calling set: assignment to entry in nil map"#,
    );
    check(r#"{{ set .Params "a" 1 }}{{ .Params.a }}"#, "map[a:1 n:<nil> x:1]1");
    check("{{ $.Uid }}{{ with .Params }}{{ $.Uid }}{{ .x }}{{ end }}", "a#ba#b1");
    check("{{ (first .Manifests).kind }} {{ typeOf (first .Manifests) }}", "A map[string]interface {}");
    check("{{ merge (dict) (index .Manifests 0) }}", "map[kind:A]");
    check(r#"{{ set (index .Manifests 0) "kind" "C" }}{{ .Manifests }}"#, "map[kind:C][map[kind:C] map[kind:B]]");
    check("{{ slice .Manifests 0 1 | typeOf }}", "[]map[string]interface {}");
    check(
        "{{ concat .Manifests (list 1) | typeOf }} {{ append .Manifests 1 | typeOf }}",
        "[]interface {} []interface {}",
    );
}

#[test]
fn changes_are_given_back() {
    let data = data();
    let template = Template::parse("", r#"{{ $_ := set .Params "y" 2 }}{{ .Params.y }}"#, &Functions::default());
    let rendered = template.expect("parses").render_within(&data, &mut Host::default(), Default::default());
    let rendered = rendered.expect("renders");
    assert_eq!(rendered.text, "2");
    let show = Template::parse("", "{{ .Params }}", &Functions::default()).expect("parses");
    // What went in is as it was.
    assert_eq!(show.render(&data, &mut Host::default()).as_deref(), Ok("map[n:<nil> x:1]"));
    assert_eq!(show.render(&rendered.data, &mut Host::default()).as_deref(), Ok("map[n:<nil> x:1 y:2]"));
}

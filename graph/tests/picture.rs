//! What people look at.

use insta::assert_snapshot;
use score_graph::{Direction, Graph, GraphBuilder, NodeLook, Outline, Picture};

fn shop() -> Graph<&'static str, &'static str> {
    let mut builder = GraphBuilder::new();
    builder.edge("workload.default#shop", "postgres.default#shop.db", "host");
    builder.edge("workload.default#shop", "postgres.default#shop.db", "port");
    builder.edge("workload.default#shop", "dns.default#shop.dns", "");
    builder.edge("postgres.default#shop.db", "server.default#shared", "server");
    builder.build()
}

fn look(key: &&str) -> NodeLook {
    let look = NodeLook::new(*key);
    match *key {
        "server.default#shared" => look.outline(Outline::Hexagon).fill("#eeeeee"),
        key if key.starts_with("postgres") => look.cluster("shop").outline(Outline::Cylinder).fill("lightblue"),
        key if key.starts_with("workload") => look.cluster("shop").outline(Outline::Round).fill("red; evil"),
        _ => look.cluster("shop"),
    }
}

#[test]
fn dot() {
    let graph = shop();
    let picture = Picture::new(&graph, look).edge_labels(|label| (*label).to_owned());
    assert_snapshot!(picture.dot(), @r##"
    digraph {
      node [shape=box];
      subgraph cluster_0 {
        label="shop";
        n0 [label="dns.default#shop.dns"];
        n1 [label="postgres.default#shop.db", shape=cylinder, style=filled, fillcolor="lightblue"];
        n3 [label="workload.default#shop", style=rounded];
      }
      n2 [label="server.default#shared", shape=hexagon, style=filled, fillcolor="#eeeeee"];
      n1 -> n2 [label="server"];
      n3 -> n0;
      n3 -> n1 [label="host, port"];
    }
    "##);
}

#[test]
fn mermaid() {
    let graph = shop();
    let picture = Picture::new(&graph, look).edge_labels(|label| (*label).to_owned()).direction(Direction::Right);
    assert_snapshot!(picture.mermaid(), @r##"
    flowchart LR
      subgraph c0["shop"]
        n0["dns.default#35;shop.dns"]
        n1[("postgres.default#35;shop.db")]
        n3(["workload.default#35;shop"])
      end
      n2{{"server.default#35;shared"}}
      n1 -->|"server"| n2
      n3 --> n0
      n3 -->|"host, port"| n1
      style n1 fill:lightblue
      style n2 fill:#eeeeee
    "##);
}

#[test]
fn svg() {
    let mut builder = GraphBuilder::new();
    builder.edge("a\n<&>", "b", "why");
    builder.edge("b", "b", "");
    let graph = builder.build();
    let picture = Picture::new(&graph, |key| NodeLook::new(*key).fill("#abcdef").cluster("c"));
    let text = picture.edge_labels(|label| (*label).to_owned()).svg();
    let body = text.split_once("</marker>\n").map(|(_, body)| body).unwrap_or_default();
    assert_snapshot!(body, @r##"
    <path class="arrow" d="M21 60C21 88 21 88 21 116"/>
    <path class="arrow" d="M34 132C58 122 58 154 34 144"/>
    <text class="label" x="21" y="88">why</text>
    <rect x="0" y="0" width="42" height="60" rx="4" class="node" style="fill:#abcdef"/>
    <text class="cluster" x="21" y="18">c</text>
    <text x="21" y="34">a</text>
    <text x="21" y="50">&lt;&amp;&gt;</text>
    <rect x="7" y="116" width="27" height="44" rx="4" class="node" style="fill:#abcdef"/>
    <text class="cluster" x="21" y="134">c</text>
    <text x="21" y="150">b</text>
    </svg>
    "##);
}

#[test]
fn any_text_is_a_label() {
    let mut builder = GraphBuilder::new();
    builder.edge("say \"hi\"\\\n<b>&amp;</b>", "", "a|b]\t\"c\" `d` _e_");
    builder.edge("", "1. one", "- two");
    let graph = builder.build();
    let picture =
        Picture::new(&graph, |key| NodeLook::new(*key).cluster("\"end\"")).edge_labels(|label| (*label).to_owned());
    assert_snapshot!(picture.dot(), @r##"
    digraph {
      node [shape=box];
      subgraph cluster_0 {
        label="\"end\"";
        n0 [label=""];
        n1 [label="1. one"];
        n2 [label="say \"hi\"\\\n<b>&amp;</b>"];
      }
      n0 -> n1 [label="- two"];
      n2 -> n0 [label="a|b] \"c\" `d` _e_"];
    }
    "##);
    assert_snapshot!(picture.mermaid(), @r##"
    flowchart TD
      subgraph c0["#34;end#34;"]
        n0[" "]
        n1["1#46; one"]
        n2["say #34;hi#34;#92;<br/>#60;b#62;#38;amp#59;#60;/b#62;"]
      end
      n0 -->|"#45; two"| n1
      n2 -->|"a|b] #34;c#34; #96;d#96; #95;e#95;"| n0
    "##);
}

#[test]
fn nothing_to_see() {
    let graph: Graph<u8, ()> = GraphBuilder::new().build();
    let picture = Picture::new(&graph, |key| NodeLook::new(key.to_string()));
    assert_snapshot!(picture.dot(), @r##"
    digraph {
      node [shape=box];
    }
    "##);
    assert_snapshot!(picture.mermaid(), @"flowchart TD");
}

#[test]
fn what_mermaid_would_take_for_something_else() {
    let mut builder = GraphBuilder::new();
    builder.edge("a%%{init: x}%%", "my-style:v1#shop", "100 %%{x");
    let graph = builder.build();
    let picture = Picture::new(&graph, |key| NodeLook::new(*key)).edge_labels(|label| (*label).to_owned());
    assert_snapshot!(picture.mermaid(), @r##"
    flowchart TD
      n0["a#37;#37;{init: x}#37;#37;"]
      n1["my-style#58;v1#35;shop"]
      n0 -->|"100 #37;#37;{x"| n1
    "##);
}

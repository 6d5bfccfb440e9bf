//! What a provisioner is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::Value;
use score_templates::{Data, Struct, StructType, Text, Type};

use crate::Dialect;
use crate::data::map_data;
use crate::state::{ResourceState, State, map_or_empty};

/// What a provisioner is told of a resource.
pub(crate) struct Input<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) uid: &'a str,
    pub(crate) resource: &'a ResourceState,
    /// The params, placeholders replaced; null where there are none.
    pub(crate) params: &'a Value,
    pub(crate) services: &'a Services,
    pub(crate) workload_metadata: &'a Value,
    pub(crate) namespace: &'a str,
    pub(crate) compose_project: &'a str,
    pub(crate) mounts_directory: &'a str,
}

/// Under which names and ports workloads can be reached: for programs, and for templates, which all see one and the same value.
pub(crate) struct Services {
    named: BTreeMap<String, (String, BTreeMap<String, NamedPort>)>,
    data: Data,
}

#[derive(Clone)]
struct NamedPort {
    name: String,
    port: i64,
    target: i64,
    protocol: String,
}

impl Services {
    /// Those of all workloads. A port can be found by its name, and by its number unless that is another's name.
    pub(crate) fn of(dialect: Dialect, state: &State) -> Self {
        let services = state.workloads.iter().map(|(name, workload)| {
            let metadata = workload.spec.child("metadata");
            let annotations = metadata.and_then(|metadata| metadata.child("annotations"));
            let renamed = annotations.and_then(|all| all.child("k8s.score.dev/service-name")).and_then(Value::as_str);
            let service = match (dialect, renamed) {
                (Dialect::Kubernetes, Some(renamed)) => renamed.to_owned(),
                _ => name.clone(),
            };
            let ports = workload.spec.child("service").and_then(|service| service.child("ports"));
            let mut named: BTreeMap<String, NamedPort> = BTreeMap::new();
            for (name, port) in ports.and_then(Value::as_map).into_iter().flatten() {
                let number = |key: &str| port.child(key).and_then(Value::as_i64);
                let number_of_port = number("port").unwrap_or_default();
                let port = NamedPort {
                    name: name.to_string(),
                    port: number_of_port,
                    target: number("targetPort").unwrap_or(number_of_port),
                    protocol: port.child("protocol").and_then(Value::as_str).unwrap_or("TCP").to_owned(),
                };
                named.insert(name.to_string(), port);
            }
            let by_number: Vec<NamedPort> = named.values().cloned().collect();
            for port in by_number {
                named.entry(port.port.to_string()).or_insert(port);
            }
            (name.clone(), (service, named))
        });
        let named = services.collect();
        Self { data: Self::data(&named), named }
    }

    fn data(named: &BTreeMap<String, (String, BTreeMap<String, NamedPort>)>) -> Data {
        let port = Arc::new(StructType {
            name: "provisioners.ServicePort".into(),
            pointer: false,
            fields: [
                ("Name", Type::String),
                ("Port", Type::Int),
                ("TargetPort", Type::Int),
                ("Protocol", Type::String),
            ]
            .map(|(name, ty)| (name.to_owned(), ty))
            .into(),
            json: ["name", "port", "target_port", "protocol"].map(str::to_owned).into(),
        });
        let ports_type = Type::Map(Arc::new(Type::Struct(port.clone())));
        let service = Arc::new(StructType {
            name: "provisioners.NetworkService".into(),
            pointer: false,
            fields: [("ServiceName", Type::String), ("Ports", ports_type)].map(|(n, ty)| (n.to_owned(), ty)).into(),
            json: ["ServiceName", "ports"].map(str::to_owned).into(),
        });
        let services = named.iter().map(|(name, (service_name, ports))| {
            let ports = ports.iter().map(|(key, named)| {
                let fields = vec![
                    Data::from(&*named.name),
                    Data::from(named.port),
                    Data::from(named.target),
                    Data::from(&*named.protocol),
                ];
                (Text::from(&**key), Data::Struct(Arc::new(Struct::new(port.clone(), fields))))
            });
            let ports = score_templates::Map::new(Type::Struct(port.clone()), ports.collect());
            let fields = vec![Data::from(&**service_name), Data::Map(Arc::new(ports))];
            (Text::from(&**name), Data::Struct(Arc::new(Struct::new(service.clone(), fields))))
        });
        Data::Map(Arc::new(score_templates::Map::new(Type::Struct(service.clone()), services.collect())))
    }

    fn json(&self) -> serde_json::Value {
        let services = self.named.iter().map(|(name, (service_name, ports))| {
            let ports = ports.iter().map(|(key, port)| {
                let described = serde_json::json!({
                    "name": port.name, "port": port.port, "target_port": port.target, "protocol": port.protocol,
                });
                (key.clone(), described)
            });
            let ports: serde_json::Map<_, _> = ports.collect();
            (name.clone(), serde_json::json!({"ServiceName": service_name, "ports": ports}))
        });
        serde_json::Value::Object(services.collect())
    }
}

impl Input<'_> {
    /// The root of its templates, of the type that [`root_type`] gives, before any of them was rendered.
    pub(crate) fn root(&self, kind: &Arc<StructType>, shared: Data) -> Struct {
        let resource = self.resource;
        let mut values = vec![
            Data::from(self.uid),
            Data::from(&*resource.ty),
            Data::from(&*resource.class),
            Data::from(&*resource.id),
            map_data(self.params),
            map_data(&resource.metadata),
            Data::map(BTreeMap::new()),
            map_data(&resource.state),
            shared,
            Data::from(&*resource.source_workload),
            self.services.data.clone(),
        ];
        match self.dialect {
            Dialect::Compose => values.extend([Data::from(self.compose_project), Data::from(self.mounts_directory)]),
            Dialect::Kubernetes => values.extend([
                Data::from(&*resource.guid),
                map_data(self.workload_metadata),
                Data::from(self.namespace),
            ]),
        }
        Struct::new(kind.clone(), values)
    }

    /// What a program reads, with the fields that these dialects have for themselves.
    pub(crate) fn json(&self, shared: &Value, dialects: &[Dialect]) -> serde_json::Value {
        let resource = self.resource;
        let mut document = serde_json::json!({
            "resource_uid": self.uid,
            "resource_type": resource.ty,
            "resource_class": resource.class,
            "resource_id": resource.id,
            "resource_params": self.params.expose(),
            "resource_metadata": resource.metadata.expose(),
            "source_workload": resource.source_workload,
            "workload_services": self.services.json(),
            "resource_state": map_or_empty(&resource.state).expose(),
            "shared_state": map_or_empty(shared).expose(),
        });
        let mut add = |key: &str, value: serde_json::Value| {
            document.as_object_mut().and_then(|document| document.insert(key.into(), value));
        };
        for dialect in dialects {
            match dialect {
                Dialect::Compose => {
                    add("compose_project_name", self.compose_project.into());
                    add("mount_directory_path", self.mounts_directory.into());
                }
                Dialect::Kubernetes => {
                    add("resource_guid", (&*resource.guid).into());
                    add("workload_metadata", self.workload_metadata.expose());
                    add("namespace", self.namespace.into());
                }
            }
        }
        document
    }
}

/// The type of the root of templates. A field that the dialect does not have cannot be asked for.
pub(crate) fn root_type(dialect: Dialect) -> Arc<StructType> {
    let map = Type::Map(Arc::new(Type::Any));
    let mut fields = vec![
        ("Uid", Type::String),
        ("Type", Type::String),
        ("Class", Type::String),
        ("Id", Type::String),
        ("Params", map.clone()),
        ("Metadata", map.clone()),
        ("Init", map.clone()),
        ("State", map.clone()),
        ("Shared", map.clone()),
        ("SourceWorkload", Type::String),
        ("WorkloadServices", Type::Any),
    ];
    match dialect {
        Dialect::Compose => fields.extend([("ComposeProjectName", Type::String), ("MountsDirectory", Type::String)]),
        Dialect::Kubernetes => {
            fields.extend([("Guid", Type::String), ("WorkloadMetadata", map), ("Namespace", Type::String)]);
        }
    }
    let fields = fields.into_iter().map(|(name, ty)| (name.to_owned(), ty));
    Arc::new(StructType { name: "templateprov.Data".into(), pointer: true, fields: fields.collect(), json: Vec::new() })
}

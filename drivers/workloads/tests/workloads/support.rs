//! A workload with something of everything.

use score_model::Value;
use score_workloads::{ResolvedWorkload, Resources};
use serde_json::json;

/// The canary that must be seen nowhere.
pub(crate) const CANARY: &str = "canary-of-the-tests";

pub(crate) fn workload() -> ResolvedWorkload {
    let mut document = Value::from(json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "shop", "annotations": {"example.org/team": "blue"}},
        "service": {"ports": {
            "web": {"port": 80, "targetPort": 8080},
            "dns": {"port": 53, "protocol": "UDP"},
        }},
        "containers": {
            "main": {
                "image": "shop:1",
                "command": ["/bin/shop"],
                "args": ["--price", "5$"],
                "variables": {"GREETING": "hello"},
                "files": {
                    "/etc/shop/shop.conf": {"content": "currency = $\n", "mode": "0600"},
                    "/etc/shop/key": {"binaryContent": "aGVsbG8="},
                },
                "volumes": {"/data": {"source": "volume.default#shop.data", "path": "shop", "readOnly": true}},
                "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"memory": "64Mi"}},
                "livenessProbe": {"httpGet": {"path": "/alive", "port": 8080}},
                "readinessProbe": {"exec": {"command": ["/bin/ready"]}},
            },
            "migrate": {"image": "migrate:1", "before": {"main": {"ready": "complete"}}},
            "proxy": {
                "image": "proxy:1",
                "before": {"main": {"ready": "healthy"}, "migrate": {"ready": "started"}},
                "livenessProbe": {"exec": {"command": ["true"]}},
            },
        },
    }));
    let secret = Value::secret(Value::from(format!("password={CANARY}$")));
    document.insert(&"containers.main.variables.PASSWORD".parse().unwrap(), secret.clone());
    document.insert(&"containers.main.files./etc/shop/password.content".parse().unwrap(), secret);
    ResolvedWorkload::read(&document).unwrap()
}

pub(crate) fn resources(outputs: serde_json::Value) -> Resources {
    Resources::from_iter([("volume.default#shop.data", Value::from(outputs))])
}

//! A driver of one's own, and a layer around every driver.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_executor::block_on;
use score_engine::drivers::Error as DriverError;
use score_engine::drivers::{
    Applied, ApplyRequest, Call, Capabilities, DestroyRequest, Driver, DriverInfo, DriverRef, Layer, Registry, Request,
    Response,
};
use score_engine::model::{Source, Value, Workload};
use score_engine::resolver::{Context, Module, PlanOptions, Platform, ResourceType, RunOptions};
use score_engine::{Engine, LockOptions, MemoryStore};
use serde_json::json;

/// Keeps buckets in a map, as another would keep them in a cloud.
#[derive(Clone, Default)]
struct Buckets(Arc<Mutex<BTreeMap<String, String>>>);

impl Driver for Buckets {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().destroy())
    }

    // The guid is the identity of the thing: applying twice makes one bucket.
    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, DriverError> {
        let name = request
            .inputs
            .child("name")
            .and_then(Value::as_str)
            .ok_or_else(|| DriverError::invalid("`name` is missing"))?;
        call.log(format!("making bucket `{name}`"));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request.guid.to_string(), name.to_owned());
        Ok(Applied::new(json!({"name": name, "url": format!("bucket://{name}")}).into()))
    }

    // What is gone is gone: destroying it again succeeds.
    async fn destroy(&self, _call: &Call, request: DestroyRequest) -> Result<(), DriverError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&request.guid.to_string());
        Ok(())
    }
}

/// Tells how long each call took, whatever the driver and the operation.
#[derive(Clone)]
struct Stopwatch;

impl Layer for Stopwatch {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, DriverError> {
        let (operation, uid, start) = (request.operation(), request.uid().clone(), Instant::now());
        let response = next.call(call, request).await;
        println!("{operation} {uid} took {:?}", start.elapsed());
        response
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let text = r#"{"apiVersion": "score.dev/v1b1", "metadata": {"name": "gallery"}, "containers": {"main": {"image": "gallery:1"}},
        "resources": {"pictures": {"type": "bucket"}, "thumbnails": {"type": "bucket"}}}"#;
    let (workload, _) = Workload::parse(Source::new("score.yaml", text)).into_result()?;
    let (platform, _) = Platform::builder()
        .ty("bucket", ResourceType::new())
        .serve("bucket", Module::new("bucket", "buckets").inputs(json!({"name": "${context.project}-${context.id}"})))
        .build()
        .into_result()?;

    let buckets = Buckets::default();
    let registry = Registry::new().with("buckets", buckets.clone()).layer(Stopwatch);
    let engine = Engine::new(registry, MemoryStore::new()).platform(platform);
    let context = Context::new("development").project("gallery");
    block_on(async {
        let mut session = engine.open(&context.scope(), LockOptions::default()).await?;
        let plan = session.plan(&context, vec![workload], PlanOptions::default()).await?;
        let summary = session.apply(plan, RunOptions::default(), &mut |event| println!("{event}")).await?;
        println!("{summary}");
        println!("{:?}", buckets.0.lock().unwrap_or_else(PoisonError::into_inner).values());
        Ok(())
    })
}

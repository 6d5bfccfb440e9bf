//! Real directories under the `directory` driver.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use futures_executor::block_on;
use proptest::prelude::*;
use score_drivers::{
    Applied, ApplyRequest, Call, DestroyRequest, DirectoryDriver, DriverRef, Error, ErrorKind, Guid, Lineage,
    ObserveRequest, Observed, PlanRequest, Prior, ResourceUid, ValidateRequest, Value,
};
use serde_json::json;

/// A directory, and what is recorded of the one thing in it.
struct World {
    base: tempfile::TempDir,
    prior: Option<Prior>,
}

impl World {
    fn new() -> Self {
        Self { base: tempfile::tempdir().unwrap(), prior: None }
    }

    fn driver(&self) -> DriverRef {
        DriverRef::new(DirectoryDriver::below(self.base.path()))
    }

    fn try_apply(&mut self, inputs: impl Into<Value>) -> Result<Applied, Error> {
        let inputs = inputs.into();
        let mut request = ApplyRequest::new(uid(), guid(), inputs.clone());
        request.prior = self.prior.clone();
        let applied = block_on(self.driver().apply(&call(), request))?;
        self.prior = Some(Prior::new(inputs, applied.clone()));
        Ok(applied)
    }

    #[track_caller]
    fn apply(&mut self, inputs: impl Into<Value>) -> Applied {
        self.try_apply(inputs).unwrap()
    }

    #[track_caller]
    fn destroy(&mut self) {
        let prior = self.prior.clone().unwrap();
        block_on(self.driver().destroy(&call(), DestroyRequest::new(uid(), guid(), prior))).unwrap();
    }

    fn observe(&self, prior: Prior) -> Observed {
        block_on(self.driver().observe(&call(), ObserveRequest::new(uid(), guid(), prior))).unwrap()
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.base.path().join(name)
    }

    /// All there is: directories end with `/`.
    #[track_caller]
    fn check(&self, want: &[(&str, &str)]) {
        let mut found = BTreeMap::new();
        collect(self.base.path(), self.base.path(), &mut found);
        let want: BTreeMap<_, _> = want.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(found, want);
    }
}

fn collect(base: &Path, at: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.insert(format!("{name}/"), String::new());
            collect(base, &path, found);
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn call() -> Call {
    Call::new(score_resolver::Context::new("development").scope())
}

fn uid() -> ResourceUid {
    "bundle.default#shop.out".parse().unwrap()
}

fn guid() -> Guid {
    Guid::derive(&Lineage::new([1; 16]), &uid(), 0)
}

#[test]
fn writes_what_should_be_there_and_removes_what_should_not() {
    let mut world = World::new();
    fs::write(world.at("mine.txt"), "mine").unwrap();
    let applied = world.apply(json!({"path": "out/dev", "files": {"a.txt": "A", "sub/deep/b.txt": "B"}}));
    assert_eq!(applied.outputs.expose(), json!({"path": "out/dev"}));
    let rest = [("mine.txt", "mine"), ("out/", ""), ("out/dev/", "")];
    let sub = [("out/dev/sub/", ""), ("out/dev/sub/deep/", ""), ("out/dev/sub/deep/b.txt", "B")];
    world.check(&[&rest[..], &sub, &[("out/dev/a.txt", "A")]].concat());

    world.apply(json!({"path": "out/dev", "files": {"a.txt": "A2", "c.txt": "C"}}));
    world.check(&[&rest[..], &[("out/dev/a.txt", "A2"), ("out/dev/c.txt", "C")]].concat());

    fs::write(world.at("out/dev/yours.txt"), "yours").unwrap();
    world.destroy();
    world.check(&[&rest[..], &[("out/dev/yours.txt", "yours")]].concat());
    fs::remove_file(world.at("out/dev/yours.txt")).unwrap();
    world.destroy();
    world.check(&rest[..1]);
    world.destroy();
}

#[test]
#[cfg(unix)]
fn files_may_be_any_bytes_with_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut world = World::new();
    for (mode, want) in [("0755", 0o755), ("0500", 0o700), ("0644", 0o644)] {
        let artefacts = json!([{"key": "app", "value": {"$bytes": "f0VM/w==", "mode": mode}}]);
        world.apply(json!({"path": "out", "artefacts": artefacts}));
        assert_eq!(fs::read(world.at("out/app")).unwrap(), b"\x7fEL\xff");
        assert_eq!(fs::metadata(world.at("out/app")).unwrap().permissions().mode() & 0o777, want);
    }
    world.destroy();
    world.check(&[]);
}

#[test]
fn artefacts_are_files_too() {
    let mut world = World::new();
    let artefacts = json!([
        {"uid": "x", "key": "a.txt", "value": "first"},
        {"uid": "y", "key": "a.txt", "value": "second"},
        {"uid": "y", "key": "c.txt", "value": "of the artefact"},
        {"uid": "z", "key": "d.txt", "value": null},
        {"uid": "z", "key": "e.yaml", "value": {"b": ["yes", 1], "a": null}},
    ]);
    world.apply(json!({"path": "out", "files": {"c.txt": "of files"}, "artefacts": artefacts}));
    world.check(&[
        ("out/", ""),
        ("out/a.txt", "second"),
        ("out/c.txt", "of files"),
        ("out/d.txt", ""),
        ("out/e.yaml", "a: null\nb:\n  - \"yes\"\n  - 1\n"),
    ]);
}

#[test]
fn moves_with_its_path() {
    let mut world = World::new();
    world.apply(json!({"path": "one", "files": {"a/b": "B"}}));
    world.apply(json!({"path": "two", "files": {"a/b": "B"}}));
    world.check(&[("two/", ""), ("two/a/", ""), ("two/a/b", "B")]);
}

#[test]
fn a_file_becomes_a_directory_and_back() {
    let mut world = World::new();
    world.apply(json!({"path": "out", "files": {"a": "A"}}));
    world.apply(json!({"path": "out", "files": {"a/b/c": "C"}}));
    world.check(&[("out/", ""), ("out/a/", ""), ("out/a/b/", ""), ("out/a/b/c", "C")]);
    world.apply(json!({"path": "out", "files": {"a": "A"}}));
    world.check(&[("out/", ""), ("out/a", "A")]);
}

#[test]
fn what_somebody_else_wrote_is_not_lost() {
    let mut world = World::new();
    fs::create_dir(world.at("out")).unwrap();
    fs::write(world.at("out/a.txt"), "by hand").unwrap();
    fs::create_dir(world.at("out/b")).unwrap();
    let error = world.try_apply(json!({"path": "out", "files": {"a.txt": "A", "b": "B", "c": "C"}})).unwrap_err();
    assert_eq!((error.kind(), error.partial()), (ErrorKind::Conflict, None));
    let message = error.to_string();
    assert!(message.contains("a.txt` is there already with other content"), "{message}");
    assert!(message.contains("b` is a directory"), "{message}");
    world.check(&[("out/", ""), ("out/a.txt", "by hand"), ("out/b/", "")]);

    world.apply(json!({"path": "out", "files": {"a.txt": "by hand", "c": "C"}}));
    fs::write(world.at("out/c"), "changed").unwrap();
    world.destroy();
    world.check(&[("out/", ""), ("out/b/", ""), ("out/c", "changed")]);
}

#[test]
fn its_own_files_are_put_right() {
    let mut world = World::new();
    let inputs = json!({"path": "out", "files": {"a": "A", "b": "B"}});
    world.apply(inputs.clone());
    fs::write(world.at("out/a"), "changed").unwrap();
    fs::remove_file(world.at("out/b")).unwrap();
    world.apply(inputs);
    world.check(&[("out/", ""), ("out/a", "A"), ("out/b", "B")]);
}

#[cfg(unix)]
#[test]
fn never_leads_out_through_a_link() {
    let mut world = World::new();
    fs::create_dir(world.at("elsewhere")).unwrap();
    fs::create_dir(world.at("out")).unwrap();
    std::os::unix::fs::symlink(world.at("elsewhere"), world.at("out/link")).unwrap();
    fs::write(world.at("victim"), "victim").unwrap();
    std::os::unix::fs::symlink(world.at("victim"), world.at("out/.a.half-written")).unwrap();
    let error = world.try_apply(json!({"path": "out", "files": {"link/a": "A"}})).unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    world.apply(json!({"path": "out", "files": {"a": "A"}}));
    assert_eq!(fs::read_to_string(world.at("victim")).unwrap(), "victim");
    assert_eq!(fs::read_dir(world.at("elsewhere")).unwrap().count(), 0);

    // a directory of its own that became a link later
    let mut world = World::new();
    fs::create_dir(world.at("elsewhere")).unwrap();
    fs::write(world.at("elsewhere/a"), "A").unwrap();
    world.apply(json!({"path": "out", "files": {"sub/a": "A"}}));
    fs::remove_dir_all(world.at("out/sub")).unwrap();
    std::os::unix::fs::symlink(world.at("elsewhere"), world.at("out/sub")).unwrap();
    world.destroy();
    assert_eq!(fs::read_to_string(world.at("elsewhere/a")).unwrap(), "A");
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |world: &World| fs::metadata(world.at("out/a")).unwrap().permissions().mode() & 0o777;
    let mut world = World::new();
    world.apply(json!({"path": "out", "files": {"a": "A"}}));
    assert_ne!(mode(&world) & 0o077, 0);
    let secret = Value::map([("a", Value::secret(Value::from("A")))]);
    world.apply(Value::map([("path", Value::from("out")), ("files", secret)]));
    assert_eq!(mode(&world), 0o600);
    let nested = Value::map([("x", Value::list([Value::secret(Value::from("A"))]))]);
    let files = Value::map([("a", nested)]);
    world.apply(Value::map([("path", Value::from("out")), ("files", files)]));
    assert_eq!(mode(&world), 0o600);
}

#[test]
fn observes() {
    let mut world = World::new();
    let inputs = json!({"path": "out", "files": {"a": "A", "b": "B"}});
    let attempted = Prior::new(inputs.clone().into(), Applied::default());
    assert_eq!(world.observe(attempted.clone()), Observed::Absent);
    world.apply(inputs);
    let recorded = world.prior.clone().unwrap();
    let complete = |observed: Observed| match observed {
        Observed::Present { applied, complete } => (applied.outputs.expose(), complete),
        other => panic!("{other:?}"),
    };
    assert_eq!(complete(world.observe(recorded.clone())), (json!({"path": "out"}), true));
    // after a crash before anything was recorded
    assert_eq!(complete(world.observe(attempted)), (json!({"path": "out"}), true));
    fs::write(world.at("out/a"), "changed").unwrap();
    assert!(!complete(world.observe(recorded.clone())).1);
    fs::remove_file(world.at("out/a")).unwrap();
    assert!(!complete(world.observe(recorded.clone())).1);
    fs::remove_file(world.at("out/b")).unwrap();
    assert_eq!(world.observe(recorded), Observed::Absent);
}

#[test]
fn what_an_attempt_left_behind_is_its_own() {
    let inputs = json!({"path": "out", "files": {"sub/a": "A", "b": "B"}});
    for observed in [false, true] {
        let mut world = World::new();
        world.apply(inputs.clone());
        fs::remove_file(world.at("out/b")).unwrap();
        fs::write(world.at("out/.b.half-written"), "half").unwrap();
        world.prior = None;
        if observed {
            let attempted = Prior::new(inputs.clone().into(), Applied::default());
            let Observed::Present { applied, .. } = world.observe(attempted) else { panic!() };
            world.prior = Some(Prior::new(inputs.clone().into(), applied));
        }
        world.apply(inputs.clone());
        world.destroy();
        world.check(&[]);
    }
    // an empty directory, or one with something else in it, is somebody else's
    let mut world = World::new();
    fs::create_dir(world.at("out")).unwrap();
    world.apply(inputs.clone());
    world.destroy();
    world.check(&[("out/", "")]);
    fs::create_dir(world.at("out/empty")).unwrap();
    world.prior = None;
    world.apply(inputs);
    world.destroy();
    world.check(&[("out/", ""), ("out/empty/", "")]);
}

#[test]
fn tells_beforehand() {
    let world = World::new();
    let inputs = Value::map([("path", Value::from("out")), ("files", Value::Unknown)]);
    let planned = block_on(world.driver().plan(&call(), PlanRequest::new(uid(), inputs))).unwrap();
    assert_eq!(planned.outputs.unwrap().expose(), json!({"path": "out"}));
    let inputs = json!({"path": "out", "files": {"../a": ""}}).into();
    let problems = block_on(world.driver().validate(&call(), ValidateRequest::new(uid(), inputs))).unwrap();
    assert_eq!(problems[0].message, "the file name `../a` leads out of the directory");
    world.check(&[]);
}

#[test]
fn a_state_that_it_does_not_know() {
    let mut world = World::new();
    let mut applied = Applied::default();
    applied.state = json!({"version": 2, "path": "out", "made": 0, "directories": [], "files": {}}).into();
    world.prior = Some(Prior::new(json!({"path": "out"}).into(), applied));
    let error = world.try_apply(json!({"path": "out"})).unwrap_err();
    assert!(error.to_string().contains("has version 2"), "{error}");
}

/// Sets of files that do not stand in each other's way.
fn files() -> impl Strategy<Value = BTreeMap<String, String>> {
    let name = prop::sample::select(vec!["a", "b", "a/x", "a/y", "c/d/e", "c/d/f/g", "ü"]);
    prop::collection::btree_map(name.prop_map(str::to_owned), "[a-c]{0,2}", 0..6).prop_map(|mut files| {
        let names: Vec<_> = files.keys().cloned().collect();
        files.retain(|name, _| !names.iter().any(|other| other.starts_with(&format!("{name}/"))));
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is applied one after the other, and whether or not an attempt was recorded: what should be there is there, and nothing else but what was there before.
    #[test]
    fn holds_what_it_should(steps in prop::collection::vec((0..2_usize, files(), any::<bool>()), 1..6)) {
        let mut world = World::new();
        fs::create_dir_all(world.at("p0/kept")).unwrap();
        fs::write(world.at("p0/kept/mine"), "mine").unwrap();
        for (path, files, crashed) in steps {
            let path = ["p0", "p1"][path];
            let inputs = json!({"path": path, "files": files});
            if crashed {
                let before = world.prior.clone();
                world.apply(inputs.clone());
                world.prior = before;
            }
            world.apply(inputs);
            let mut want = BTreeMap::from([("p0/kept/mine".to_owned(), "mine".to_owned())]);
            want.extend(files.into_iter().map(|(name, text)| (format!("{path}/{name}"), text)));
            let mut found = BTreeMap::new();
            collect(world.base.path(), world.base.path(), &mut found);
            found.retain(|name, _| !name.ends_with('/'));
            prop_assert_eq!(found, want);
        }
        world.destroy();
        let mut found = BTreeMap::new();
        collect(world.base.path(), world.base.path(), &mut found);
        found.retain(|name, _| !name.ends_with('/'));
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), ["p0/kept/mine"]);
    }
}

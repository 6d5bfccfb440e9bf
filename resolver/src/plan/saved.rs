//! Plans as files: versioned, secrets sealed, changed ones refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_graph::Graph;
use score_model::{Diagnostics, Path, ResourceUid, Seal, Split, Value};
use serde::{Deserialize, Serialize};

use crate::kept::Kept;

use super::steps::Steps;
use super::{Action, Change, Changes, Plan, PlanOptions, Reason, SourceDigest, Step};
use crate::{
    Applied, Artefact, Capabilities, Context, DriverCatalogue, DriverInfo, Expr, Guid, Lineage, Planned, Recipe,
    ReplaceOrder, Retention, StoredDocument,
};

/// The format that is written.
const FORMAT: &str = "partitura-plan/1";

/// A saved plan that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadablePlan {
    /// It is no saved plan.
    #[error("this is not a saved plan: {0}")]
    Malformed(String),
    /// It is a saved plan of another version.
    #[error("this is a saved plan of the format `{found}`, and only `{FORMAT}` can be read: plan again")]
    Format {
        /// The format that it says it has.
        found: String,
    },
    /// It was saved with another key, or changed since.
    #[error("the saved plan was made beside another state, or with another key, or was changed since: plan again")]
    Changed,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    digest: String,
    /// The hash of the plan, sealed: who lacks the key cannot change the plan.
    proof: Split,
    plan: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct SavedPlan {
    context: Context,
    lineage: Option<Lineage>,
    serial: u64,
    options: SavedOptions,
    drivers: BTreeMap<Arc<str>, SavedDriver>,
    moves: Vec<(ResourceUid, ResourceUid)>,
    documents: BTreeMap<Arc<str>, Option<SavedDocument>>,
    changes: Vec<SavedChange>,
    steps: Vec<Step>,
    /// From, to: places in `steps`.
    waits_for: Vec<(usize, usize)>,
}

#[derive(Serialize, Deserialize)]
struct SavedOptions {
    targets: Vec<ResourceUid>,
    excludes: Vec<ResourceUid>,
    replace: Vec<ResourceUid>,
    refresh: bool,
    all: bool,
    sources: Vec<SourceDigest>,
}

#[derive(Serialize, Deserialize)]
struct SavedDriver {
    schema: u32,
    can: Vec<String>,
    outputs: Option<SavedValue>,
}

#[derive(Serialize, Deserialize)]
struct SavedDocument {
    file: Arc<str>,
    text: SavedValue,
}

#[derive(Serialize, Deserialize)]
struct SavedChange {
    uid: ResourceUid,
    action: Action,
    module: Arc<str>,
    reasons: Vec<Reason>,
    before: Option<SavedValue>,
    after: Option<SavedValue>,
    recipe: Option<SavedRecipe>,
    guid: Option<Guid>,
    number: u64,
    order: ReplaceOrder,
    gone: bool,
    observed: Option<SavedApplied>,
    planned: Option<SavedPlanned>,
}

#[derive(Serialize, Deserialize)]
struct SavedApplied {
    outputs: SavedValue,
    state: SavedValue,
    artefacts: Vec<Artefact<SavedValue>>,
}

#[derive(Serialize, Deserialize)]
struct SavedPlanned {
    outputs: Option<SavedValue>,
    private: SavedValue,
}

#[derive(Serialize, Deserialize)]
struct SavedRecipe {
    module: Arc<str>,
    driver: Arc<str>,
    driver_schema: u32,
    pure: bool,
    inputs: SavedExpr,
    context: Option<SavedExpr>,
    outputs: Option<SavedExpr>,
    outputs_schema: Option<SavedValue>,
    depends_on: Vec<ResourceUid>,
    on_unreferenced: Retention,
    replace: ReplaceOrder,
    replace_on: Vec<String>,
    lane: Option<Arc<str>>,
}

/// A value with its secrets sealed and the places of what is not known, as JSON pointers.
#[derive(Serialize, Deserialize)]
struct SavedValue {
    #[serde(flatten)]
    value: Split,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

/// Paths are JSON pointers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedExpr {
    Value(SavedValue),
    Output { of: ResourceUid, path: String, or_null: bool },
    Own(String),
    Guid,
    Artefacts(Arc<str>),
    At(Box<Self>, String),
    Text(Vec<Self>),
    List(Vec<Self>),
    Map(Vec<(Arc<str>, Self)>),
    Secret(Box<Self>),
}

impl Plan {
    /// The plan as a file. Secrets in it are sealed, and so is a proof that nobody without the key changed it. What pure drivers made while planning is left out: applying makes it again.
    pub fn save(&self, seal: &dyn Seal) -> String {
        let plan = serde_json::to_value(Saver { seal }.plan(self)).unwrap_or_default();
        let proof = Value::secret(Value::from(hash_of(&plan)));
        let proof = proof.split(seal, "plan/proof").unwrap_or_default();
        let file = File { format: FORMAT.to_owned(), digest: self.digest(), proof, plan };
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// It is none, has another format, was saved with another key or was changed.
    pub fn load(text: &str, seal: &dyn Seal) -> Result<Self, UnreadablePlan> {
        let malformed = |error: serde_json::Error| UnreadablePlan::Malformed(error.to_string());
        let json: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
        match json.get("format").and_then(serde_json::Value::as_str) {
            Some(FORMAT) => {}
            Some(found) => return Err(UnreadablePlan::Format { found: found.to_owned() }),
            None => return Err(UnreadablePlan::Malformed("it does not say `format`".to_owned())),
        }
        let file: File = serde_json::from_value(json).map_err(malformed)?;
        let proof = Value::join(file.proof, seal, "plan/proof").map_err(|_| UnreadablePlan::Changed)?;
        if proof.unmarked().as_str() != Some(&hash_of(&file.plan)) {
            return Err(UnreadablePlan::Changed);
        }
        Loader { seal }.plan(serde_json::from_value(file.plan).map_err(malformed)?)
    }
}

fn hash_of(plan: &serde_json::Value) -> String {
    blake3::hash(plan.to_string().as_bytes()).to_hex().to_string()
}

struct Saver<'a> {
    seal: &'a dyn Seal,
}

impl Saver<'_> {
    fn plan(&self, plan: &Plan) -> SavedPlan {
        let options = &plan.options;
        let documents = plan.documents.iter().map(|(name, document)| {
            let at = format!("plan/document/{name}");
            let saved = document
                .as_ref()
                .map(|StoredDocument { file, text }| SavedDocument { file: file.clone(), text: self.value(text, &at) });
            (name.clone(), saved)
        });
        SavedPlan {
            context: plan.context.clone(),
            lineage: plan.lineage.clone(),
            serial: plan.serial,
            options: SavedOptions {
                targets: options.targets.clone(),
                excludes: options.excludes.clone(),
                replace: options.replace.clone(),
                refresh: options.refresh,
                all: options.all,
                sources: options.sources.clone(),
            },
            drivers: plan.drivers.iter().map(|(name, driver)| (name.clone(), self.driver(driver))).collect(),
            moves: plan.moves.clone(),
            documents: documents.collect(),
            changes: (0..).zip(plan.changes.iter()).map(|(number, change)| self.change(change, number)).collect(),
            steps: plan.steps().keys().to_vec(),
            waits_for: plan.steps().edges().map(|edge| (edge.from.index(), edge.to.index())).collect(),
        }
    }

    fn driver(&self, driver: &DriverInfo) -> SavedDriver {
        let Capabilities { pure, plan, destroy, observe, import, validate, context } = driver.capabilities;
        let can = [
            ("pure", pure),
            ("plan", plan),
            ("destroy", destroy),
            ("observe", observe),
            ("import", import),
            ("validate", validate),
            ("context", context),
        ];
        SavedDriver {
            schema: driver.schema,
            can: can.into_iter().filter(|(_, can)| *can).map(|(name, _)| name.to_owned()).collect(),
            outputs: driver.outputs.as_ref().map(|schema| self.value(schema, "plan/driver")),
        }
    }

    fn change(&self, change: &Change, number: usize) -> SavedChange {
        let at = |field: &str| format!("plan/changes/{number}/{field}");
        let value = |value: &Option<Value>, field| value.as_ref().map(|value| self.value(value, &at(field)));
        SavedChange {
            uid: change.uid.clone(),
            action: change.action,
            module: change.module.clone(),
            reasons: change.reasons.clone(),
            before: value(&change.before, "before"),
            after: value(&change.after, "after"),
            recipe: change.recipe.as_ref().map(|recipe| self.recipe(recipe, &at("recipe"))),
            guid: change.guid.clone(),
            number: change.number,
            order: change.order,
            gone: change.gone,
            observed: change.observed.as_ref().map(|applied| self.applied(applied, &at("observed"))),
            planned: change.planned.as_ref().map(|planned| SavedPlanned {
                outputs: planned.outputs.as_ref().map(|outputs| self.value(outputs, &at("planned"))),
                private: self.value(&Value::secret(planned.private.clone()), &at("private")),
            }),
        }
    }

    fn applied(&self, applied: &Applied, at: &str) -> SavedApplied {
        SavedApplied {
            outputs: self.value(&applied.outputs, &format!("{at}/outputs")),
            state: self.value(&Value::secret(kept(applied)), &format!("{at}/state")),
            artefacts: (0..)
                .zip(&applied.artefacts)
                .map(|(number, artefact): (usize, _)| Artefact {
                    kind: artefact.kind.clone(),
                    key: artefact.key.clone(),
                    value: self.value(&artefact.value, &format!("{at}/artefacts/{number}")),
                })
                .collect(),
        }
    }

    fn recipe(&self, recipe: &Recipe, at: &str) -> SavedRecipe {
        let expr =
            |expr: &Option<Expr>, field: &str| expr.as_ref().map(|expr| self.expr(expr, &format!("{at}/{field}")));
        SavedRecipe {
            module: recipe.module.clone(),
            driver: recipe.driver.clone(),
            driver_schema: recipe.driver_schema,
            pure: recipe.pure,
            inputs: self.expr(&recipe.inputs, &format!("{at}/inputs")),
            context: expr(&recipe.context, "context"),
            outputs: expr(&recipe.outputs, "outputs"),
            outputs_schema: recipe.outputs_schema.as_ref().map(|schema| self.value(schema, &format!("{at}/schema"))),
            depends_on: recipe.depends_on.clone(),
            on_unreferenced: recipe.on_unreferenced,
            replace: recipe.replace,
            replace_on: recipe.replace_on.iter().map(Path::pointer).collect(),
            lane: recipe.lane.clone(),
        }
    }

    fn value(&self, value: &Value, at: &str) -> SavedValue {
        let mut unknown = Vec::new();
        let known = without_unknown(value, &mut String::new(), &mut unknown);
        SavedValue { value: known.split(self.seal, at).unwrap_or_default(), unknown }
    }

    fn expr(&self, expr: &Expr, at: &str) -> SavedExpr {
        let all = |exprs: &[Expr]| {
            exprs.iter().enumerate().map(|(index, expr)| self.expr(expr, &format!("{at}/{index}"))).collect()
        };
        match expr {
            Expr::Value(value) => SavedExpr::Value(self.value(value, at)),
            Expr::Output { of, path, or_null } => {
                SavedExpr::Output { of: of.clone(), path: path.pointer(), or_null: *or_null }
            }
            Expr::Own(path) => SavedExpr::Own(path.pointer()),
            Expr::Guid => SavedExpr::Guid,
            Expr::Artefacts(kind) => SavedExpr::Artefacts(kind.clone()),
            Expr::At(inner, path) => SavedExpr::At(Box::new(self.expr(inner, at)), path.pointer()),
            Expr::Text(parts) => SavedExpr::Text(all(parts)),
            Expr::List(items) => SavedExpr::List(all(items)),
            Expr::Map(map) => SavedExpr::Map(
                map.iter().map(|(key, expr)| (key.clone(), self.expr(expr, &format!("{at}/{key}")))).collect(),
            ),
            Expr::Secret(inner) => SavedExpr::Secret(Box::new(self.expr(inner, at))),
        }
    }
}

/// The value with null where something is not known, and where that is. A secret that is not all known is not known.
fn without_unknown(value: &Value, at: &mut String, unknown: &mut Vec<String>) -> Value {
    fn below<T>(at: &mut String, key: &str, run: impl FnOnce(&mut String) -> T) -> T {
        let length = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        let result = run(at);
        at.truncate(length);
        result
    }
    match value {
        value if !value.has_unknown() => value.clone(),
        Value::List(items) => Value::list(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| below(at, &index.to_string(), |at| without_unknown(item, at, unknown))),
        ),
        Value::Map(map) => Value::map(
            map.iter().map(|(key, item)| (key.clone(), below(at, key, |at| without_unknown(item, at, unknown)))),
        ),
        _ => {
            unknown.push(at.clone());
            Value::Null
        }
    }
}

fn kept(applied: &Applied) -> Value {
    Kept { state: applied.state.clone(), shared: applied.shared.clone() }.into_value()
}

struct Loader<'a> {
    seal: &'a dyn Seal,
}

impl Loader<'_> {
    fn plan(&self, saved: SavedPlan) -> Result<Plan, UnreadablePlan> {
        let steps = Graph::from_numbered(saved.steps, saved.waits_for.into_iter().map(|(from, to)| (from, to, ())));
        let steps = steps.ok().and_then(|graph| graph.into_dag().ok()).ok_or(UnreadablePlan::Changed)?;
        let options = saved.options;
        let options = PlanOptions {
            targets: options.targets,
            excludes: options.excludes,
            replace: options.replace,
            refresh: options.refresh,
            all: options.all,
            sources: options.sources,
            ..PlanOptions::default()
        };
        let documents = saved.documents.into_iter().map(|(name, document)| {
            let at = format!("plan/document/{name}");
            let document = document
                .map(|SavedDocument { file, text }| Ok(StoredDocument { file, text: self.value(text, &at)? }))
                .transpose()?;
            Ok((name, document))
        });
        let drivers = saved.drivers.into_iter().map(|(name, driver)| Ok((name, self.driver(driver)?)));
        let changes = (0..).zip(saved.changes).map(|(number, change)| self.change(change, number));
        let changes: Changes = changes.collect::<Result<_, _>>()?;
        let is_in_lane = |change: &Change| change.recipe.as_ref().is_some_and(|recipe| recipe.lane.is_some());
        let has_lanes = changes.iter().any(is_in_lane);
        Ok(Plan {
            context: saved.context,
            options,
            lineage: saved.lineage,
            serial: saved.serial,
            drivers: drivers.collect::<Result<DriverCatalogue, UnreadablePlan>>()?,
            moves: saved.moves,
            documents: documents.collect::<Result<_, UnreadablePlan>>()?,
            changes,
            has_lanes,
            steps: Arc::new(Steps::new(steps)),
            warnings: Diagnostics::new(),
        })
    }

    fn driver(&self, saved: SavedDriver) -> Result<DriverInfo, UnreadablePlan> {
        let can = |name: &str| saved.can.iter().any(|can| can == name);
        let capabilities = Capabilities {
            pure: can("pure"),
            plan: can("plan"),
            destroy: can("destroy"),
            observe: can("observe"),
            import: can("import"),
            validate: can("validate"),
            context: can("context"),
        };
        let outputs = saved.outputs.map(|schema| self.value(schema, "plan/driver")).transpose()?;
        Ok(DriverInfo { schema: saved.schema, outputs: outputs.map(Arc::new), ..DriverInfo::new(capabilities) })
    }

    fn change(&self, saved: SavedChange, number: usize) -> Result<Change, UnreadablePlan> {
        let at = |field: &str| format!("plan/changes/{number}/{field}");
        let value = |value: Option<SavedValue>, field| value.map(|value| self.value(value, &at(field))).transpose();
        let planned = saved.planned.map(|planned| {
            Ok(Planned {
                outputs: value(planned.outputs, "planned")?,
                private: plain(self.value(planned.private, &at("private"))?),
                ..Planned::default()
            })
        });
        Ok(Change {
            before: value(saved.before, "before")?,
            after: value(saved.after, "after")?,
            recipe: saved.recipe.map(|recipe| self.recipe(recipe, &at("recipe"))).transpose()?.map(Arc::new),
            observed: saved.observed.map(|applied| self.applied(applied, &at("observed")).map(Box::new)).transpose()?,
            planned: planned.transpose()?.map(Box::new),
            evaluated: None,
            before_it: None,
            uid: saved.uid,
            action: saved.action,
            module: saved.module,
            reasons: saved.reasons,
            guid: saved.guid,
            number: saved.number,
            order: saved.order,
            gone: saved.gone,
        })
    }

    fn applied(&self, saved: SavedApplied, at: &str) -> Result<Applied, UnreadablePlan> {
        let artefacts = (0..).zip(saved.artefacts).map(|(number, Artefact { kind, key, value }): (usize, _)| {
            Ok(Artefact { kind, key, value: self.value(value, &format!("{at}/artefacts/{number}"))? })
        });
        let artefacts = artefacts.collect::<Result<_, UnreadablePlan>>()?;
        let outputs = self.value(saved.outputs, &format!("{at}/outputs"))?;
        let Kept { state, shared } = Kept::of(&plain(self.value(saved.state, &format!("{at}/state"))?));
        Ok(Applied { outputs, state, artefacts, shared })
    }

    fn recipe(&self, saved: SavedRecipe, at: &str) -> Result<Recipe, UnreadablePlan> {
        let expr = |expr: Option<SavedExpr>, field: &str| {
            expr.map(|expr| self.expr(expr, &format!("{at}/{field}"))).transpose()
        };
        let schema = saved.outputs_schema.map(|schema| self.value(schema, &format!("{at}/schema"))).transpose()?;
        Ok(Recipe {
            inputs: self.expr(saved.inputs, &format!("{at}/inputs"))?,
            context: expr(saved.context, "context")?,
            outputs: expr(saved.outputs, "outputs")?,
            outputs_schema: schema.map(Arc::new),
            module: saved.module,
            driver: saved.driver,
            driver_schema: saved.driver_schema,
            pure: saved.pure,
            depends_on: saved.depends_on,
            on_unreferenced: saved.on_unreferenced,
            replace: saved.replace,
            replace_on: saved.replace_on.iter().map(|pointer| Path::from_pointer(pointer)).collect(),
            lane: saved.lane,
        })
    }

    fn value(&self, saved: SavedValue, at: &str) -> Result<Value, UnreadablePlan> {
        let value = Value::join(saved.value, self.seal, at).map_err(|_| UnreadablePlan::Changed)?;
        let unknown = saved.unknown.iter().map(|pointer| Path::from_pointer(pointer));
        Ok(unknown.fold(value, |value, path| with_unknown(value, path.keys())))
    }

    fn expr(&self, saved: SavedExpr, at: &str) -> Result<Expr, UnreadablePlan> {
        let all = |exprs: Vec<SavedExpr>| {
            let exprs = exprs.into_iter().enumerate();
            exprs.map(|(index, expr)| self.expr(expr, &format!("{at}/{index}"))).collect::<Result<Arc<[Expr]>, _>>()
        };
        Ok(match saved {
            SavedExpr::Value(value) => Expr::Value(self.value(value, at)?),
            SavedExpr::Output { of, path, or_null } => Expr::Output { of, path: Path::from_pointer(&path), or_null },
            SavedExpr::Own(path) => Expr::Own(Path::from_pointer(&path)),
            SavedExpr::Guid => Expr::Guid,
            SavedExpr::Artefacts(kind) => Expr::Artefacts(kind),
            SavedExpr::At(inner, path) => Expr::At(Arc::new(self.expr(*inner, at)?), Path::from_pointer(&path)),
            SavedExpr::Text(parts) => Expr::Text(all(parts)?),
            SavedExpr::List(items) => Expr::List(all(items)?),
            SavedExpr::Map(map) => {
                let map = map.into_iter().map(|(key, expr)| {
                    let expr = self.expr(expr, &format!("{at}/{key}"))?;
                    Ok((key, expr))
                });
                Expr::Map(Arc::new(map.collect::<Result<_, UnreadablePlan>>()?))
            }
            SavedExpr::Secret(inner) => Expr::Secret(Arc::new(self.expr(*inner, at)?)),
        })
    }
}

/// What was sealed only for the file.
fn plain(value: Value) -> Value {
    match value {
        Value::Secret(secret) => secret.expose().clone(),
        value => value,
    }
}

fn with_unknown(value: Value, path: &[Arc<str>]) -> Value {
    let Some((key, rest)) = path.split_first() else { return Value::Unknown };
    match value {
        Value::List(items) => Value::list(items.iter().enumerate().map(|(index, item)| {
            if index.to_string() == **key { with_unknown(item.clone(), rest) } else { item.clone() }
        })),
        Value::Map(map) => {
            Value::map(map.iter().map(|(at, item)| {
                (at.clone(), if at == key { with_unknown(item.clone(), rest) } else { item.clone() })
            }))
        }
        value => value,
    }
}

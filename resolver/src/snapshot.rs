//! Snapshots: what all records of one environment come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use score_model::{FingerprintKey, ResourceUid, Value};

use crate::dependents::{Dependent, Dependents};
use crate::kept::Kept;
use crate::lanes::{Lanes, Member};
use crate::likely::place_near;
use crate::provisioned::{Provisioned, places_in};
use crate::{Artefact, Guid, Intent, Lineage, Object, Record};

/// All that is recorded of one environment: a pure fold of its [`Record`]s.
///
/// It holds the objects by uid, old objects that await their destruction, the intents of calls whose outcome is open, and the documents of the workloads. No record makes it fail and none loses
/// an object: one that would overwrite another object deposes that one.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    key: FingerprintKey,
    lineage: Option<Lineage>,
    serial: u64,
    object_count: u64,
    /// Looked up often, and sorted when somebody wants an order: as they came, which is an order already in long parts.
    objects: IndexMap<ResourceUid, Arc<Object>, FxBuildHasher>,
    deposed: BTreeMap<Guid, Arc<Object>>,
    intents: BTreeMap<Guid, Arc<Intent>>,
    documents: BTreeMap<Arc<str>, StoredDocument>,
    /// Made by the first of several moves in a row, gone with the next record of another kind.
    dependents: IfMade,
}

/// Whether something that follows from the rest was made does not count when snapshots are compared.
#[derive(Clone, Debug, Default)]
struct IfMade(Option<Box<Dependents>>);

impl PartialEq for IfMade {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The Score file of a workload, as it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDocument {
    /// The file's name.
    pub file: Arc<str>,
    /// The file's text. Marked as secret when it comes from a state, since it may contain some.
    pub text: Value,
}

impl StoredDocument {
    /// A file with this text, which is marked as secret: a Score file may contain some.
    pub fn new(file: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), text: Value::secret(Value::string(text)) }
    }
}

impl Snapshot {
    /// A state in which nothing is recorded. Fingerprints are made with `key`.
    pub fn new(key: FingerprintKey) -> Self {
        Self {
            key,
            lineage: None,
            serial: 0,
            object_count: 0,
            objects: IndexMap::default(),
            deposed: BTreeMap::new(),
            intents: BTreeMap::new(),
            documents: BTreeMap::new(),
            dependents: IfMade::default(),
        }
    }

    /// Takes the next record in. [`Record::Opened`] sets the serial, every other one raises it by one.
    ///
    /// Logarithmic in the number of open intents and old objects; the first [`Record::Moved`] after something else is linear, since all that depend on what moved are looked for.
    pub fn fold(&mut self, record: Record) {
        self.serial += 1;
        if !matches!(record, Record::Moved { .. }) {
            self.dependents.0 = None;
        }
        match record {
            Record::Opened { lineage, objects, serial } => {
                self.lineage = Some(lineage);
                self.object_count = self.object_count.max(objects);
                self.serial = serial;
            }
            Record::Document { name, file, text } => {
                self.documents.insert(name, StoredDocument { file, text });
            }
            Record::DocumentRemoved { name } => {
                self.documents.remove(&name);
            }
            Record::Intent(intent) => {
                self.object_count = self.object_count.max(intent.number);
                self.intents.insert(intent.guid.clone(), intent);
            }
            Record::Settled { guid } => {
                if let Some(intent) = self.intents.remove(&guid)
                    && let Some(object) = self.find_mut(&intent.uid, &guid)
                {
                    object.intent_open = false;
                }
            }
            Record::Object(object) => self.put(object),
            Record::Deposed { uid, guid } => {
                if let Some(object) = self.take(&uid, &guid) {
                    self.depose(object);
                }
            }
            Record::Removed { uid, guid } => {
                self.take(&uid, &guid);
                self.deposed.remove(&guid);
                self.intents.remove(&guid);
            }
            Record::Moved { from, to } => self.rename(&from, &to),
            Record::Relinked { uid, depends_on, module, on_unreferenced, referenced } => {
                if let Some(object) = self.objects.get_mut(&uid) {
                    let object = Arc::make_mut(object);
                    object.depends_on = depends_on;
                    object.module = module;
                    object.on_unreferenced = on_unreferenced;
                    object.referenced = referenced;
                }
            }
        }
    }

    fn put(&mut self, object: Arc<Object>) {
        self.object_count = self.object_count.max(object.number);
        if !object.intent_open {
            self.intents.remove(&object.guid);
        }
        if object.deposed {
            self.take(&object.uid, &object.guid);
            self.deposed.insert(object.guid.clone(), object);
            return;
        }
        self.deposed.remove(&object.guid);
        let guid = object.guid.clone();
        let before = self.objects.insert(object.uid.clone(), object);
        if let Some(before) = before.filter(|before| before.guid != guid) {
            self.depose(before);
        }
    }

    /// Takes out the object of a uid if it has this guid.
    fn take(&mut self, uid: &ResourceUid, guid: &Guid) -> Option<Arc<Object>> {
        let (place, ..) = self.objects.get_full(uid).filter(|(_, _, object)| object.guid == *guid)?;
        self.objects.swap_remove_index(place).map(|(_, object)| object)
    }

    fn depose(&mut self, mut object: Arc<Object>) {
        Arc::make_mut(&mut object).deposed = true;
        self.deposed.insert(object.guid.clone(), object);
    }

    fn rename(&mut self, from: &ResourceUid, to: &ResourceUid) {
        if self.objects.contains_key(to) {
            return;
        }
        let mut dependents = match self.dependents.0.take() {
            Some(dependents) => dependents,
            None => Box::new(self.dependents()),
        };
        if let Some(mut object) = self.objects.swap_remove(from) {
            dependents.remove(from, &object.depends_on);
            dependents.add(&Dependent::Object(to.clone()), to, &object.depends_on);
            Arc::make_mut(&mut object).uid = to.clone();
            self.objects.insert(to.clone(), object);
        }
        let (on, of) = dependents.rename(from, to);
        for other in &of {
            if let Some((uid, _)) = self.dependent_mut(other) {
                *uid = to.clone();
            }
        }
        for dependent in &on {
            if let Some((_, depends_on)) = self.dependent_mut(dependent)
                && let Some(at) = depends_on.iter().position(|uid| uid == from)
            {
                depends_on[at] = to.clone();
                depends_on.sort_unstable();
            }
        }
        self.dependents.0 = Some(dependents);
    }

    fn dependents(&self) -> Dependents {
        let mut dependents = Dependents::default();
        for object in self.objects.values() {
            dependents.add(&Dependent::Object(object.uid.clone()), &object.uid, &object.depends_on);
        }
        for old in self.deposed.values() {
            dependents.add(&Dependent::Deposed(old.guid.clone()), &old.uid, &old.depends_on);
        }
        for intent in self.intents.values() {
            dependents.add(&Dependent::Intent(intent.guid.clone()), &intent.uid, &intent.depends_on);
        }
        dependents
    }

    /// The uid of what depends on others, and on what it does.
    fn dependent_mut(&mut self, dependent: &Dependent) -> Option<(&mut ResourceUid, &mut Vec<ResourceUid>)> {
        let object = match dependent {
            Dependent::Object(uid) => self.objects.get_mut(uid)?,
            Dependent::Deposed(guid) => self.deposed.get_mut(guid)?,
            Dependent::Intent(guid) => {
                let intent = Arc::make_mut(self.intents.get_mut(guid)?);
                return Some((&mut intent.uid, &mut intent.depends_on));
            }
        };
        let object = Arc::make_mut(object);
        Some((&mut object.uid, &mut object.depends_on))
    }

    fn find_mut(&mut self, uid: &ResourceUid, guid: &Guid) -> Option<&mut Object> {
        let object = match self.deposed.get_mut(guid) {
            Some(object) => object,
            None => self.objects.get_mut(uid).filter(|object| object.guid == *guid)?,
        };
        Some(Arc::make_mut(object))
    }

    /// The identity of the state; `None` before it is made.
    pub fn lineage(&self) -> Option<&Lineage> {
        self.lineage.as_ref()
    }

    /// How many records were ever written: a state that moved has another.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// How many objects the state ever had. Only grows.
    pub fn object_count(&self) -> u64 {
        self.object_count
    }

    /// The key of the state's fingerprints.
    pub fn fingerprint_key(&self) -> &FingerprintKey {
        &self.key
    }

    /// The object of a uid.
    pub fn object(&self, uid: &ResourceUid) -> Option<&Object> {
        self.objects.get(uid).map(|object| &**object)
    }

    /// The same, to be kept; looked for first near where another was found last.
    pub(crate) fn near(&self, uid: &ResourceUid, likely: &mut usize) -> Option<&Arc<Object>> {
        self.at(self.place_near(uid, likely)?)
    }

    /// The object of a uid that has this guid, also one that awaits its destruction.
    pub fn find(&self, uid: &ResourceUid, guid: &Guid) -> Option<&Object> {
        self.find_near(uid, guid, &mut 0).map(|object| &**object)
    }

    /// The same, to be kept; looked for first near where another was found last.
    pub(crate) fn find_near(&self, uid: &ResourceUid, guid: &Guid, likely: &mut usize) -> Option<&Arc<Object>> {
        let current = || self.near(uid, likely).filter(|object| object.guid == *guid);
        self.deposed.get(guid).or_else(current)
    }

    /// All objects but the deposed ones, sorted by uid.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = &Object> {
        self.sorted().into_iter().map(|object| &**object)
    }

    /// The same in no order.
    pub(crate) fn in_any_order(&self) -> impl ExactSizeIterator<Item = &Object> {
        self.objects.values().map(|object| &**object)
    }

    fn sorted(&self) -> Vec<&Arc<Object>> {
        self.by_uid().into_iter().filter_map(|place| self.at(place)).collect()
    }

    /// The places of all objects but the deposed ones, sorted by uid.
    pub(crate) fn by_uid(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.objects.len()).collect();
        let uid = |place: &usize| self.objects.get_index(*place).map(|(uid, _)| uid);
        places.sort_by(|one, other| uid(one).cmp(&uid(other)));
        places
    }

    /// The place of the object of a uid, which changes with every record. Looked for first near where another was found last.
    pub(crate) fn place_near(&self, uid: &ResourceUid, likely: &mut usize) -> Option<usize> {
        place_near(&self.objects, uid, likely)
    }

    /// The object at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Arc<Object>> {
        self.objects.get_index(place).map(|(_, object)| object)
    }

    /// How many objects there are but the deposed ones.
    pub fn size(&self) -> usize {
        self.objects.len()
    }

    /// All objects but the deposed ones, in provisioning order: in waves along the recorded edges, each sorted by uid. Edges to what is not recorded count for nothing.
    pub fn in_order(&self) -> Vec<&Object> {
        Provisioned::of(self).in_order().collect()
    }

    /// The artefacts of all objects in the order in which documents are made of them: provisioning order, and of what shares something the order in which they came to share it.
    pub fn artefacts(&self) -> Vec<&Artefact> {
        let provisioned = Provisioned::of(self);
        let rank = places_in(&provisioned.order);
        let dependencies = |place: usize| {
            let at = provisioned.order.get(place).copied();
            at.into_iter()
                .flat_map(|at| provisioned.depends_on.of(at))
                .map(|on| rank[*on])
                .filter(move |on| *on < place)
        };
        let objects: Vec<&Object> = provisioned.in_order().collect();
        let any: Arc<str> = Arc::from("");
        let lanes = Lanes::new(objects.len(), dependencies, |at| {
            let object = objects.get(at).filter(|object| Kept::of(&object.state).shared != Value::Null)?;
            Some(Member { lane: &any, number: object.number })
        });
        let mut order: Vec<usize> = (0..objects.len()).collect();
        lanes.arrange(&mut order);
        order.into_iter().filter_map(|at| objects.get(at)).flat_map(|object| &object.artefacts).collect()
    }

    /// Old objects that await their destruction, by guid.
    pub fn deposed(&self) -> impl ExactSizeIterator<Item = &Object> {
        self.deposed.values().map(|object| &**object)
    }

    /// Whether this is the guid of an old object that awaits its destruction.
    pub fn is_deposed(&self, guid: &Guid) -> bool {
        self.deposed.contains_key(guid)
    }

    /// The intents whose outcome is open, by guid.
    pub fn intents(&self) -> impl ExactSizeIterator<Item = &Intent> {
        self.intents.values().map(|intent| &**intent)
    }

    /// The open intent on the object with this guid.
    pub fn intent(&self, guid: &Guid) -> Option<&Intent> {
        self.intents.get(guid).map(|intent| &**intent)
    }

    /// The same, to be kept.
    pub(crate) fn shared_intent(&self, guid: &Guid) -> Option<&Arc<Intent>> {
        self.intents.get(guid)
    }

    /// The documents of the workloads, by their names.
    pub fn documents(&self) -> &BTreeMap<Arc<str>, StoredDocument> {
        &self.documents
    }

    /// Whether nothing at all is recorded.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.deposed.is_empty() && self.intents.is_empty() && self.documents.is_empty()
    }

    /// The folded form: the fewest records of which a new snapshot with the same key would be equal to this one.
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for (name, StoredDocument { file, text }) in &self.documents {
            records.push(Record::Document { name: name.clone(), file: file.clone(), text: text.clone() });
        }
        let objects = self.deposed.values().chain(self.sorted());
        records.extend(objects.cloned().map(Record::Object));
        records.extend(self.intents.values().cloned().map(Record::Intent));
        if let Some(lineage) = self.lineage.clone() {
            let serial = self.serial.saturating_sub(records.len() as u64);
            records.insert(0, Record::Opened { lineage, objects: self.object_count, serial });
        }
        records
    }
}

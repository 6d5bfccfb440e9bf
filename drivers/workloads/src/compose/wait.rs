//! A service that ends when others are ready.

use score_model::{Map, Value};

use super::service::{INIT_LABEL, condition_of, dependency};

/// A service that does nothing but wait until all these are ready: healthy where they can tell, ended well where they are to end, else running. Others wait for one service instead of many.
pub fn wait_service(image: &str, services: &Map) -> Value {
    let depends_on = services.iter().map(|(name, section)| (name.clone(), dependency(condition_of(section))));
    Value::map([
        ("image", Value::from(image)),
        ("command", Value::list([Value::from("echo")])),
        ("depends_on", Value::map(depends_on.collect::<Vec<_>>())),
    ])
}

/// The section of a service that is to end before others start, as far as [`Options::wait_for`](super::Options::wait_for) looks at it.
pub fn init_section() -> Value {
    Value::map([("labels", Value::map([(INIT_LABEL, Value::from("true"))]))])
}

//! Panics of foreign code as errors.

use std::any::Any;

use crate::{Error, ErrorKind};

/// The error of what was caught.
pub(crate) fn error(payload: &(dyn Any + Send)) -> Error {
    let message = payload.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("it does not say why");
    Error::new(ErrorKind::Panicked, format!("the driver panicked: {message}"))
}

//! URLs.

use crate::arguments::{bytes, map};
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{Map, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::special::NIL_POINTER;
use crate::url::Url;

pub(crate) static TABLE: Table =
    &[("urlParse", Function::plain(&[Str], parse)), ("urlJoin", Function::plain(&[Map], join))];

fn parse(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let url = Url::parse(bytes(arguments, 0)).map_err(|message| format!("unable to parse url: {message}"))?;
    let hostname = url.hostname().to_vec();
    let userinfo = url.user.as_ref().map(crate::url::User::to_text).unwrap_or_default();
    let parts = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", userinfo),
    ];
    Ok(parts.into_iter().map(|(name, part)| (name, Data::text(part))).collect())
}

fn join(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let entries = map(arguments, 0).map(|map| context.heap.entries(map));
    let part = |key: &str| -> Result<Vec<u8>, Failed> {
        match entries.and_then(|entries| entries.get(key.as_bytes())) {
            None => Ok(Vec::new()),
            Some(Data::String(text)) => Ok(text.to_vec()),
            Some(Data::Null) => Err(NIL_POINTER.into()),
            Some(other) => {
                let kind = other.kind_name();
                Err(format!("unable to parse {key} key, must be of type string, but {kind} found").into())
            }
        }
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        let with_user = [b"proto://", userinfo.as_slice(), b"@host"].concat();
        let parsed =
            Url::parse(&with_user).map_err(|message| format!("unable to parse userinfo in dict: {message}"))?;
        url.user = parsed.user;
    }
    Ok(Data::text(url.to_text()))
}

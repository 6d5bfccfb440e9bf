//! The functions of templates that make keys and certificates.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use super::certificate::{Authority, Request, read};
use super::key::Key;
use super::pem;
use crate::arguments::{any, bytes, int, list, text};
use crate::context::Context;
use crate::data::{Data, Struct};
use crate::functions::{CERTIFICATE, Failed, Outcome};
use crate::sprig::encoding::decode_base64;
use crate::types::{StructType, Type};

/// The length of an RSA key that is asked for.
const LONG: usize = 4096;
/// The length of the RSA key of a certificate.
const SHORT: usize = 2048;

pub(super) fn generate_private_key(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let key = match bytes(arguments, 0) {
        b"" | b"rsa" => Key::rsa(context, LONG)?,
        b"ecdsa" => Key::p256(context)?,
        b"ed25519" => Key::ed25519(context)?,
        b"dsa" => return Err("making DSA keys is not available here, only `rsa`, `ecdsa` and `ed25519`".into()),
        kind => return Ok(Data::text([b"Unknown type ", kind].concat())),
    };
    Ok(Data::from(key.write()?))
}

pub(super) fn build_custom(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let certificate = decode_base64(bytes(arguments, 0)).map_err(|_| "unable to decode base64 certificate")?;
    let key = decode_base64(bytes(arguments, 1)).map_err(|_| "unable to decode base64 private key")?;
    context.reserve(certificate.len())?;
    let block = pem::decode(&String::from_utf8_lossy(&certificate)).ok_or("unable to decode certificate")?;
    read(&block.content).map_err(|error| format!("error parsing certificate: decodedCert.Bytes: {error}"))?;
    read_key(context, &String::from_utf8_lossy(&key), "error parsing private key")?;
    Ok(certified(Data::text(certificate), Data::text(key)))
}

pub(super) fn generate_authority(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let request = authority(arguments);
    let key = Key::rsa(context, SHORT)?;
    issue(context, &request, &key, None)
}

pub(super) fn generate_authority_with_key(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let key = read_key(context, &text(arguments, 2), "parsing private key")?;
    issue(context, &authority(arguments), &key, None)
}

pub(super) fn generate_self_signed(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let request = request(context, arguments)?;
    let key = Key::rsa(context, SHORT)?;
    issue(context, &request, &key, None)
}

pub(super) fn generate_self_signed_with_key(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let key = read_key(context, &text(arguments, 4), "parsing private key")?;
    let request = request(context, arguments)?;
    issue(context, &request, &key, None)
}

pub(super) fn generate_signed(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let signer = signer(context, any(arguments, 4))?;
    let request = request(context, arguments)?;
    let key = Key::rsa(context, SHORT)?;
    issue(context, &request, &key, Some(&signer))
}

pub(super) fn generate_signed_with_key(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let key = read_key(context, &text(arguments, 5), "parsing private key")?;
    let signer = signer(context, any(arguments, 4))?;
    let request = request(context, arguments)?;
    issue(context, &request, &key, Some(&signer))
}

fn read_key(context: &mut Context<'_>, text: &str, doing: &str) -> Result<Key, Failed> {
    Key::read(context, text).map_err(|failed| match failed {
        Failed::Error(error) => Failed::Error(format!("{doing}: {error}")),
        limit => limit,
    })
}

/// The certificate and the key that an earlier function gave.
fn signer(context: &mut Context<'_>, certificate: &Data) -> Result<Authority, Failed> {
    let field = |name: &str| match certificate {
        Data::Struct(certificate) => certificate.field(name).cloned().unwrap_or(Data::Null),
        _ => Data::Null,
    };
    let (certificate, key) = ([field("Cert")], [field("Key")]);
    context.reserve(bytes(&certificate, 0).len())?;
    let block = pem::decode(&text(&certificate, 0)).ok_or("unable to decode certificate")?;
    let failed = |error| format!("error parsing certificate: decodedSignerCert.Bytes: {error}");
    read(&block.content).map_err(failed)?;
    let key = read_key(context, &text(&key, 0), "error parsing private key")?;
    Ok(Authority::new(&block.content, key).map_err(failed)?)
}

fn authority(arguments: &[Data]) -> Request {
    Request {
        common_name: bytes(arguments, 0).to_vec(),
        addresses: Vec::new(),
        names: Vec::new(),
        days: int(arguments, 1),
        authority: true,
    }
}

fn request(context: &Context<'_>, arguments: &[Data]) -> Result<Request, Failed> {
    let items = |index| list(arguments, index).map(|list| list.items()).unwrap_or_default();
    let mut addresses = Vec::new();
    for item in items(1) {
        let Data::String(address) = item else {
            return Err(
                format!("error parsing ip: {} is not a string", context.text_of(item)?.to_string_lossy()).into()
            );
        };
        let address = address.to_string_lossy();
        addresses.push(address.parse::<IpAddr>().map_err(|_| format!("error parsing ip: {address}"))?);
    }
    let mut names = Vec::new();
    for item in items(2) {
        let Data::String(name) = item else {
            let item = context.text_of(item)?;
            let item = item.to_string_lossy();
            return Err(format!("error processing alternate dns name: {item} is not a string").into());
        };
        names.push(name.to_vec());
    }
    Ok(Request {
        common_name: bytes(arguments, 0).to_vec(),
        addresses,
        names,
        days: int(arguments, 3),
        authority: false,
    })
}

fn issue(context: &mut Context<'_>, request: &Request, key: &Key, authority: Option<&Authority>) -> Outcome {
    let certificate = request.certify(context, key, authority)?;
    Ok(certified(Data::from(certificate), Data::from(key.write()?)))
}

/// A certificate and its key, as templates see them.
fn certified(certificate: Data, key: Data) -> Data {
    static KIND: LazyLock<Arc<StructType>> = LazyLock::new(|| {
        let fields = ["Cert", "Key"].map(|name| (name.to_owned(), Type::String)).to_vec();
        let json = fields.iter().map(|(name, _)| name.clone()).collect();
        Arc::new(StructType { name: CERTIFICATE.to_owned(), pointer: false, fields, json })
    });
    Data::Struct(Arc::new(Struct::new(Arc::clone(&KIND), vec![certificate, key])))
}

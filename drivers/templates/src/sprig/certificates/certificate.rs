//! [`Request`]: what is to be certified, and the certificate that Go makes of it.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::asn1::{bits, element, explicit, identifier, implicit, integer, sequence};
use super::key::Key;
use super::random::Random;
use super::{asn1, pem};
use crate::context::Context;
use crate::format::quote;
use crate::functions::Failed;

// The content of object identifiers.
const COMMON_NAME: &[u8] = b"\x55\x04\x03";
const SUBJECT_KEY: &[u8] = b"\x55\x1d\x0e";
const KEY_USAGE: &[u8] = b"\x55\x1d\x0f";
const ALTERNATIVE_NAMES: &[u8] = b"\x55\x1d\x11";
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1d\x13";
const AUTHORITY_KEY: &[u8] = b"\x55\x1d\x23";
const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1d\x25";
const SERVER: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x01";
const CLIENT: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x02";

const TRUE: &[u8] = &[asn1::BOOLEAN, 1, 0xff];
const NANOSECONDS_OF_A_DAY: i64 = 86_400_000_000_000;

/// What a certificate is to say.
pub(super) struct Request {
    pub(super) common_name: Vec<u8>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) names: Vec<Vec<u8>>,
    pub(super) days: i64,
    /// Whether it may sign others.
    pub(super) authority: bool,
}

/// Who signs the certificates of others.
pub(super) struct Authority {
    pub(super) key: Key,
    subject: Vec<u8>,
    /// The algorithm and the bytes of the public key.
    public: Vec<u8>,
    identifier: Vec<u8>,
}

impl Authority {
    pub(super) fn new(certificate: &[u8], key: Key) -> Result<Self, String> {
        let certificate = read(certificate)?;
        let content = certificate.tbs_certificate();
        let failed = |error: x509_cert::der::Error| error.to_string();
        let identifier = content.get_extension::<SubjectKeyIdentifier>().map_err(failed)?;
        Ok(Self {
            key,
            subject: content.subject().to_der().map_err(failed)?,
            public: content.subject_public_key_info().to_der().map_err(failed)?,
            identifier: identifier.map(|(_, identifier)| identifier.0.into_bytes().into()).unwrap_or_default(),
        })
    }
}

/// The certificate, if it is one.
pub(super) fn read(certificate: &[u8]) -> Result<x509_cert::Certificate, String> {
    x509_cert::Certificate::from_der(certificate).map_err(|error| format!("x509: malformed certificate: {error}"))
}

impl Request {
    /// A certificate of the key, signed by the authority or else by the key itself.
    pub(super) fn certify(
        &self,
        context: &mut Context<'_>,
        key: &Key,
        authority: Option<&Authority>,
    ) -> Result<String, Failed> {
        let certificate = self.signed(context, key, authority).map_err(|failed| match failed {
            Failed::Error(error) => Failed::Error(format!("error creating certificate: {error}")),
            limit => limit,
        })?;
        Ok(pem::encode("CERTIFICATE", &certificate))
    }

    fn signed(&self, context: &mut Context<'_>, key: &Key, authority: Option<&Authority>) -> Result<Vec<u8>, Failed> {
        let signer = authority.map_or(key, |authority| &authority.key);
        let algorithm = signer.algorithm()?;
        let public = key.public()?;
        let public_key = info(&public);
        let subject = self.subject()?;
        let issuer = authority.map_or(&subject, |authority| &authority.subject);
        if let Some(authority) = authority
            && info(&authority.key.public()?) != authority.public
        {
            return Err("x509: provided PrivateKey doesn't match parent's PublicKey".into());
        }
        let authority_key = authority.filter(|_| *issuer != subject).map(|authority| authority.identifier.as_slice());
        let extensions = self.extensions(&subject, &public.1, authority_key.unwrap_or_default())?;
        let serial = integer(&Random::new(context)?.bytes::<16>());
        let content = sequence(&[
            // The third version.
            &element(explicit(0), &[&integer(&[2])]),
            &serial,
            &algorithm,
            issuer,
            &self.validity(context)?,
            &subject,
            &public_key,
            &element(explicit(3), &[&extensions]),
        ]);
        let signature = signer.sign(context, &content)?;
        Ok(sequence(&[&content, &algorithm, &bits(&signature)]))
    }

    fn subject(&self) -> Result<Vec<u8>, Failed> {
        let name = self.common_name.as_slice();
        if name.is_empty() {
            return Ok(sequence(&[]));
        }
        let printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
        let tag = if name.iter().all(printable) { asn1::PRINTABLE } else { asn1::UTF8 };
        if str::from_utf8(name).is_err() {
            return Err("asn1: string not valid UTF-8".into());
        }
        let attribute = sequence(&[&identifier(COMMON_NAME), &element(tag, &[name])]);
        Ok(sequence(&[&element(asn1::SET, &[&attribute])]))
    }

    /// From now on, for as many days.
    fn validity(&self, context: &Context<'_>) -> Result<Vec<u8>, Failed> {
        let (seconds, nanoseconds) = context.host.now()?;
        // A duration of Go that is too long wraps around.
        let duration = i128::from(NANOSECONDS_OF_A_DAY.wrapping_mul(self.days));
        let end = (i128::from(nanoseconds) + duration).div_euclid(1_000_000_000) + i128::from(seconds);
        Ok(sequence(&[&time(i128::from(seconds))?, &time(end)?]))
    }

    fn extensions(&self, subject: &[u8], public: &[u8], authority_key: &[u8]) -> Result<Vec<u8>, Failed> {
        // Signing, enciphering keys and, of an authority, signing certificates: bits 0, 2 and 5.
        let usage: &[u8] = if self.authority { &[2, 0b1010_0100] } else { &[5, 0b1010_0000] };
        let constraints: &[u8] = if self.authority { TRUE } else { &[] };
        let mut extensions = vec![
            extension(KEY_USAGE, true, &element(asn1::BITS, &[usage])),
            extension(EXTENDED_KEY_USAGE, false, &sequence(&[&identifier(SERVER), &identifier(CLIENT)])),
            extension(BASIC_CONSTRAINTS, true, &sequence(&[constraints])),
        ];
        if self.authority {
            let identifier = Sha256::digest(public);
            let identifier = identifier.get(..20).unwrap_or_default();
            extensions.push(extension(SUBJECT_KEY, false, &element(asn1::OCTETS, &[identifier])));
        }
        if !authority_key.is_empty() {
            let identifier = element(implicit(0), &[authority_key]);
            extensions.push(extension(AUTHORITY_KEY, false, &sequence(&[&identifier])));
        }
        let mut names = Vec::new();
        for name in &self.names {
            if !name.is_ascii() {
                return Err(format!("x509: {} cannot be encoded as an IA5String", quote::quoted(name)).into());
            }
            names.extend(element(implicit(2), &[name]));
        }
        for address in &self.addresses {
            names.extend(match address.to_canonical() {
                IpAddr::V4(address) => element(implicit(7), &[&address.octets()]),
                IpAddr::V6(address) => element(implicit(7), &[&address.octets()]),
            });
        }
        if !names.is_empty() {
            // Where the subject is empty, the names are all that is certified.
            extensions.push(extension(ALTERNATIVE_NAMES, subject == sequence(&[]), &sequence(&[&names])));
        }
        Ok(sequence(&[&extensions.concat()]))
    }
}

fn extension(kind: &[u8], critical: bool, content: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { TRUE } else { &[] };
    sequence(&[&identifier(kind), critical, &element(asn1::OCTETS, &[content])])
}

/// A public key with its algorithm.
fn info((algorithm, key): &(Vec<u8>, Vec<u8>)) -> Vec<u8> {
    sequence(&[algorithm, &bits(key)])
}

fn time(seconds: i128) -> Result<Vec<u8>, Failed> {
    let failed = || Failed::from("asn1: structure error: cannot represent time as GeneralizedTime");
    let seconds = i64::try_from(seconds).map_err(|_| failed())?;
    let time = TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).map_err(|_| failed())?);
    let (year, short) = match time.year() {
        year @ 1950..2050 => (format!("{:02}", year % 100), true),
        year @ 0.. => (format!("{year:04}"), false),
        _ => return Err(failed()),
    };
    let [month, day] = [time.month(), time.day()];
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()];
    let text = format!("{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    Ok(element(if short { asn1::UTC_TIME } else { asn1::GENERALIZED_TIME }, &[text.as_bytes()]))
}

//! [`Key`]: a private key, read and written as sprig does.

use p256::ecdsa::signature::Signer as _;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs8::PrivateKeyInfoRef;
use rsa::traits::PublicKeyParts as _;
use sha2::Sha256;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::Int;

use super::asn1::{element, identifier, integer, sequence};
use super::random::Random;
use super::{asn1, pem};
use crate::context::Context;
use crate::functions::Failed;

// The content of object identifiers.
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const SHA256_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
const ELLIPTIC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x2b\x81\x04\x00\x22";
const P521: &[u8] = b"\x2b\x81\x04\x00\x23";
const ECDSA_WITH_SHA256: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
const ECDSA_WITH_SHA384: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x03";
const ECDSA_WITH_SHA512: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x04";
const ED25519: &[u8] = b"\x2b\x65\x70";

const NULL: &[u8] = &[5, 0];

const ELLIPTIC_LABEL: &str = "EC PRIVATE KEY";

/// What Go says where a DSA key is to sign.
const UNABLE: &str = "x509: certificate private key does not implement crypto.Signer";

/// The least length of an RSA key that signs.
const LEAST: u32 = 1024;

/// Bytes of an RSA key of 16 384 bits, and some: what is longer would take minutes.
const LONGEST: usize = 10_000;
/// What is done with an RSA key takes long, too: the length squared, divided by this.
const LENGTH_PER_STEP: usize = 64;
/// Finding primes takes long: the bits squared, divided by this.
const BITS_PER_STEP: usize = 16;
/// For what is done with a key that is there.
const STEPS: usize = 10_000;

pub(super) enum Key {
    Rsa(Box<rsa::PrivateKey>),
    P256(Box<p256::SecretKey>),
    P384(Box<p384::SecretKey>),
    P521(Box<p521::SecretKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// As it was read; nothing is signed with it.
    Dsa(Vec<u8>),
}

impl Key {
    pub(super) fn rsa(context: &mut Context<'_>, bits: usize) -> Result<Self, Failed> {
        context.step(bits * bits / BITS_PER_STEP)?;
        let key = rsa::PrivateKey::new(&mut Random::new(context)?, bits);
        Ok(Self::Rsa(Box::new(key.map_err(|error| format!("error generating rsa key: {error}"))?)))
    }

    pub(super) fn p256(context: &mut Context<'_>) -> Result<Self, Failed> {
        context.step(STEPS)?;
        let mut random = Random::new(context)?;
        loop {
            // Almost every number is a key.
            if let Ok(key) = p256::SecretKey::from_slice(&random.bytes::<32>()) {
                return Ok(Self::P256(Box::new(key)));
            }
        }
    }

    pub(super) fn ed25519(context: &mut Context<'_>) -> Result<Self, Failed> {
        context.step(STEPS)?;
        let seed = Random::new(context)?.bytes();
        Ok(Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
    }

    /// The key in the first block of a text.
    pub(super) fn read(context: &mut Context<'_>, text: &str) -> Result<Self, Failed> {
        context.reserve(text.len())?;
        context.step(STEPS)?;
        let block = pem::decode(text).ok_or("no PEM data in input")?;
        let content = block.content.as_slice();
        if content.len() > LONGEST {
            return Err("the private key is too long".into());
        }
        context.step(content.len() * content.len() / LENGTH_PER_STEP)?;
        if block.label == "PRIVATE KEY" {
            return Ok(pkcs8(content).map_err(|error| format!("decoding PEM as PKCS#8: {error}"))?);
        }
        let Some(kind) = block.label.strip_suffix(" PRIVATE KEY") else {
            return Err(format!("no private key data in PEM block of type {}", block.label).into());
        };
        let failed = |error: String| format!("parsing {kind} private key from PEM: {error}");
        Ok(match kind {
            "RSA" => pkcs1(content).map_err(failed)?,
            "EC" => sec1(content).map_err(failed)?,
            "DSA" => Self::Dsa(dsa(content).map_err(failed)?),
            _ => return Err(format!("invalid private key type {kind}").into()),
        })
    }

    /// In the form that is usual for its kind.
    pub(super) fn write(&self) -> Result<String, Failed> {
        let failed = |error: &dyn std::fmt::Display| Failed::from(format!("error pem-encoding key: {error}"));
        Ok(match self {
            Self::Rsa(key) => {
                pem::encode("RSA PRIVATE KEY", key.to_pkcs1_der().map_err(|error| failed(&error))?.as_bytes())
            }
            Self::P256(key) => pem::encode(ELLIPTIC_LABEL, &key.to_sec1_der().map_err(|error| failed(&error))?),
            Self::P384(key) => pem::encode(ELLIPTIC_LABEL, &key.to_sec1_der().map_err(|error| failed(&error))?),
            Self::P521(key) => pem::encode(ELLIPTIC_LABEL, &key.to_sec1_der().map_err(|error| failed(&error))?),
            Self::Ed25519(key) => {
                let seed = element(asn1::OCTETS, &[&key.to_bytes()]);
                let algorithm = sequence(&[&identifier(ED25519)]);
                let content = sequence(&[&integer(&[]), &algorithm, &element(asn1::OCTETS, &[&seed])]);
                pem::encode("PRIVATE KEY", &content)
            }
            Self::Dsa(content) => pem::encode("DSA PRIVATE KEY", content),
        })
    }

    /// The algorithm and the bytes of the public key.
    pub(super) fn public(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        Ok(match self {
            Self::Rsa(key) => {
                let public = key.as_public_key().to_pkcs1_der().map_err(|error| format!("x509: {error}"))?;
                (sequence(&[&identifier(RSA), NULL]), public.into_vec())
            }
            Self::P256(key) => (on_curve(P256), key.public_key().to_sec1_bytes().into_vec()),
            Self::P384(key) => (on_curve(P384), key.public_key().to_sec1_bytes().into_vec()),
            Self::P521(key) => (on_curve(P521), key.public_key().to_sec1_bytes().into_vec()),
            Self::Ed25519(key) => (sequence(&[&identifier(ED25519)]), key.verifying_key().to_bytes().to_vec()),
            Self::Dsa(_) => return Err("x509: unsupported public key type: *dsa.PublicKey".to_owned()),
        })
    }

    /// The algorithm of its signatures.
    pub(super) fn algorithm(&self) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Rsa(key) if key.n().bit_width() < LEAST => {
                let bits = key.n().bit_width();
                let hint = "see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size";
                return Err(format!("crypto/rsa: {bits}-bit keys are insecure ({hint})"));
            }
            Self::Rsa(_) => sequence(&[&identifier(SHA256_WITH_RSA), NULL]),
            Self::P256(_) => sequence(&[&identifier(ECDSA_WITH_SHA256)]),
            Self::P384(_) => sequence(&[&identifier(ECDSA_WITH_SHA384)]),
            Self::P521(_) => sequence(&[&identifier(ECDSA_WITH_SHA512)]),
            Self::Ed25519(_) => sequence(&[&identifier(ED25519)]),
            Self::Dsa(_) => return Err(UNABLE.to_owned()),
        })
    }

    pub(super) fn sign(&self, context: &mut Context<'_>, message: &[u8]) -> Result<Vec<u8>, Failed> {
        context.step(STEPS)?;
        Ok(match self {
            Self::Rsa(key) => {
                let signature = key.pkcs1v15_sign_with_rng::<Sha256, _>(&mut Random::new(context)?, message);
                signature.map_err(|error| error.to_string())?
            }
            Self::P256(key) => {
                let signature: p256::ecdsa::DerSignature = p256::ecdsa::SigningKey::from(key.as_ref()).sign(message);
                signature.as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::DerSignature = p384::ecdsa::SigningKey::from(key.as_ref()).sign(message);
                signature.as_bytes().to_vec()
            }
            Self::P521(key) => {
                let signature: p521::ecdsa::DerSignature = p521::ecdsa::SigningKey::from(key.as_ref()).sign(message);
                signature.as_bytes().to_vec()
            }
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::Dsa(_) => return Err(UNABLE.into()),
        })
    }
}

fn on_curve(curve: &[u8]) -> Vec<u8> {
    sequence(&[&identifier(ELLIPTIC), &identifier(curve)])
}

fn pkcs8(content: &[u8]) -> Result<Key, String> {
    let info = PrivateKeyInfoRef::try_from(content).map_err(|error| error.to_string())?;
    let key = info.private_key.as_bytes();
    let algorithm = info.algorithm.oid;
    let is = |content: &[u8]| algorithm.as_bytes() == content;
    if is(RSA) {
        pkcs1(key)
    } else if is(ELLIPTIC) {
        let curve = info.algorithm.parameters_oid().map_err(|error| error.to_string())?;
        elliptic(curve.as_bytes(), key)
    } else if is(ED25519) {
        let seed = key.strip_prefix(&[asn1::OCTETS, 32]).and_then(|seed| seed.try_into().ok());
        let seed = seed.ok_or_else(|| format!("x509: invalid Ed25519 private key: {} bytes", key.len()))?;
        Ok(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed))))
    } else {
        Err(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {algorithm}"))
    }
}

fn pkcs1(content: &[u8]) -> Result<Key, String> {
    let key = rsa::PrivateKey::from_pkcs1_der(content).map_err(|error| error.to_string())?;
    Ok(Key::Rsa(Box::new(key)))
}

/// A key that says itself on which curve it is.
fn sec1(content: &[u8]) -> Result<Key, String> {
    let key = sec1::EcPrivateKey::try_from(content)
        .map_err(|error| format!("x509: failed to parse EC private key: {error}"))?;
    let curve = key.parameters.and_then(sec1::EcParameters::named_curve).ok_or("x509: unknown elliptic curve")?;
    elliptic(curve.as_bytes(), content)
}

fn elliptic(curve: &[u8], content: &[u8]) -> Result<Key, String> {
    let failed = |error| format!("x509: failed to parse EC private key: {error}");
    Ok(match curve {
        P256 => Key::P256(Box::new(p256::SecretKey::from_sec1_der(content).map_err(failed)?)),
        P384 => Key::P384(Box::new(p384::SecretKey::from_sec1_der(content).map_err(failed)?)),
        P521 => Key::P521(Box::new(p521::SecretKey::from_sec1_der(content).map_err(failed)?)),
        _ => return Err("x509: unknown elliptic curve".to_owned()),
    })
}

/// The version and the numbers of a key.
fn dsa(content: &[u8]) -> Result<Vec<u8>, String> {
    let numbers = Vec::<Int>::from_der(content).map_err(|error| error.to_string())?;
    if numbers.len() == 6 { Ok(content.to_vec()) } else { Err("asn1: structure error: not six integers".to_owned()) }
}

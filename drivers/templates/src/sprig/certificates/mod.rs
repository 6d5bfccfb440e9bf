//! Keys, certificates and hashes of passwords; without the feature `certificates` all of them are refused.

#[cfg(feature = "certificates")]
mod asn1;
#[cfg(feature = "certificates")]
mod certificate;
#[cfg(feature = "certificates")]
mod functions;
#[cfg(feature = "certificates")]
mod key;
#[cfg(feature = "certificates")]
mod passwords;
#[cfg(feature = "certificates")]
mod pem;
#[cfg(feature = "certificates")]
mod random;

#[cfg(feature = "certificates")]
use self::{functions::*, passwords::*};
#[cfg(not(feature = "certificates"))]
use self::{
    unavailable as bcrypt, unavailable as build_custom, unavailable as generate_authority,
    unavailable as generate_authority_with_key, unavailable as generate_private_key,
    unavailable as generate_self_signed, unavailable as generate_self_signed_with_key, unavailable as generate_signed,
    unavailable as generate_signed_with_key, unavailable as htpasswd,
};
use crate::functions::Parameter::{Certificate, Int, List, String as Str};
use crate::functions::{Function, Table};

pub(crate) static TABLE: Table = &[
    ("bcrypt", Function::plain(&[Str], bcrypt)),
    ("htpasswd", Function::plain(&[Str, Str], htpasswd)),
    ("genPrivateKey", Function::plain(&[Str], generate_private_key)),
    ("buildCustomCert", Function::plain(&[Str, Str], build_custom)),
    ("genCA", Function::plain(&[Str, Int], generate_authority)),
    ("genCAWithKey", Function::plain(&[Str, Int, Str], generate_authority_with_key)),
    ("genSelfSignedCert", Function::plain(&[Str, List, List, Int], generate_self_signed)),
    ("genSelfSignedCertWithKey", Function::plain(&[Str, List, List, Int, Str], generate_self_signed_with_key)),
    ("genSignedCert", Function::plain(&[Str, List, List, Int, Certificate], generate_signed)),
    ("genSignedCertWithKey", Function::plain(&[Str, List, List, Int, Certificate, Str], generate_signed_with_key)),
];

#[cfg(not(feature = "certificates"))]
fn unavailable(_: &mut crate::context::Context<'_>, _: &[crate::data::Data]) -> crate::functions::Outcome {
    Err("making keys, certificates and password hashes is not available here".into())
}

//! Keys, certificates and hashes of passwords, held against what Go made and against `openssl` where it is there.

#![cfg(feature = "certificates")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use score_templates::{Data, ErrorKind, Functions, Host, Limits, Template, TemplateError};

const ED25519: &str = include_str!("certificates/ed25519.pem");
const P384: &str = include_str!("certificates/p384.pem");
const P521: &str = include_str!("certificates/p521.pem");

fn render_with(host: Host, limits: Limits, text: &str) -> Result<String, TemplateError> {
    let data = Data::from(serde_json::json!({"ed25519": ED25519, "p384": P384, "p521": P521}));
    let template = Template::parse("t", text, &Functions::default())?;
    Ok(template.render_within(&data, &mut { host }, limits)?.text)
}

fn host(seed: &str) -> Host {
    Host::default().with_seed(seed).with_time(1_760_000_000, 5)
}

fn render(text: &str) -> Result<String, TemplateError> {
    render_with(host("s"), Limits::default(), text)
}

/// Whether openssl is on this machine, whose answers do not depend on its version.
fn has_openssl() -> bool {
    let output = Command::new("openssl").arg("version").output();
    let there = output.is_ok_and(|output| output.stdout.starts_with(b"OpenSSL 3"));
    if !there {
        println!("skipped: OpenSSL 3 is not there");
    }
    there
}

/// What openssl says about its input, which it must take.
#[track_caller]
fn openssl(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn check_key(kind: &str, label: &str, description: &str) {
    let text = format!("{{{{ genPrivateKey {kind:?} }}}}");
    let key = render(&text).unwrap();
    assert!(key.starts_with(&format!("-----BEGIN {label}-----\n")), "{key}");
    assert_eq!(render(&text).unwrap(), key, "the same seed gives the same key");
    assert_ne!(render_with(host("other"), Limits::default(), &text).unwrap(), key);
    if has_openssl() {
        let said = openssl(&["pkey", "-check", "-noout", "-text"], &key);
        assert!(said.contains("Key is valid") && said.contains(description), "{said}");
    }
}

#[test]
fn keys() {
    check_key("", "RSA PRIVATE KEY", "4096 bit");
    check_key("rsa", "RSA PRIVATE KEY", "4096 bit");
    check_key("ecdsa", "EC PRIVATE KEY", "prime256v1");
    check_key("ed25519", "PRIVATE KEY", "ED25519");
}

/// The certificate, which the authority (if any) has signed, and what openssl reads in it.
#[track_caller]
fn check_certificate(authority: &str, certificate: &str, wanted: &[&str]) {
    let text = format!(
        "{{{{ $ca := {authority} }}}}{{{{ $c := {certificate} }}}}\
         {{{{ $ca.Cert }}}}|{{{{ $c.Cert }}}}|{{{{ $c.Key }}}}"
    );
    let rendered = render(&text).unwrap();
    let [authority, certificate, key] = rendered.split('|').collect::<Vec<_>>().try_into().unwrap();
    if !has_openssl() {
        return;
    }
    let said = openssl(&["x509", "-noout", "-text", "-nameopt", "RFC2253"], certificate);
    for wanted in wanted {
        assert!(said.contains(wanted), "{wanted} is not in {said}");
    }
    let public = openssl(&["x509", "-noout", "-pubkey"], certificate);
    assert_eq!(openssl(&["pkey", "-pubout"], key), public, "the key is that of the certificate");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let trusted = directory.join(format!("{}.pem", std::process::id()));
    std::fs::write(&trusted, authority).unwrap();
    let trusted = trusted.to_str().unwrap();
    let said = openssl(&["verify", "-attime", "1760000001", "-CAfile", trusted], certificate);
    assert_eq!(said, "stdin: OK\n");
}

#[test]
fn certificates() {
    let once = r#"{{ (genCA "ca" 365).Cert }}"#;
    assert_eq!(render(once).unwrap(), render(once).unwrap());

    let names = r#""*.example.org" (list "10.0.0.1" "::1" "::ffff:1.2.3.4") (list "example.org" "*.example.org") 30"#;
    let leaf = [
        "Version: 3",
        "Subject: CN=*.example.org",
        "DNS:example.org, DNS:*.example.org, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:1.2.3.4",
        "Not Before: Oct  9 08:53:20 2025 GMT",
        "Not After : Nov  8 08:53:20 2025 GMT",
        "CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n",
        "TLS Web Server Authentication, TLS Web Client Authentication",
    ];
    let with = |more: &[&'static str]| [&leaf, more].concat();
    let authority = r#"genCA "ca" 365"#;
    let own = ["Issuer: CN=ca", "CA:TRUE", "Digital Signature, Key Encipherment, Certificate Sign", "(2048 bit)"];
    check_certificate(authority, "$ca", &own);
    check_certificate(authority, &format!("genSignedCert {names} $ca"), &with(&["Issuer: CN=ca", "(2048 bit)"]));
    let of_itself = format!("genSelfSignedCert {names}");
    check_certificate(&of_itself, "$ca", &with(&["Issuer: CN=*.example.org", "sha256WithRSAEncryption"]));
    let unnamed = r#"genSelfSignedCert "" nil (list "a.b") 36500"#;
    check_certificate(unnamed, "$ca", &["Subject Alternative Name: critical", "Not After : Sep 15 08:53:20 2125 GMT"]);

    let algorithms = [("ed25519", "ED25519"), ("p384", "ecdsa-with-SHA384"), ("p521", "ecdsa-with-SHA512")];
    for (key, algorithm) in algorithms {
        let authority = format!(r#"genCAWithKey "ca" 365 .{key}"#);
        check_certificate(&authority, "$ca", &["CA:TRUE", algorithm]);
        check_certificate(&authority, &format!("genSignedCert {names} $ca"), &with(&["(2048 bit)", algorithm]));
        check_certificate(&authority, &format!("genSignedCertWithKey {names} $ca .p384"), &with(&["P-384", algorithm]));
        check_certificate(&format!("genSelfSignedCertWithKey {names} .{key}"), "$ca", &with(&[algorithm]));
    }
    check_certificate(
        r#"genCAWithKey "ca" 365 (genPrivateKey "ecdsa")"#,
        r#"genSignedCertWithKey "a" nil nil 1 $ca (genPrivateKey "rsa")"#,
        &["ecdsa-with-SHA256", "(4096 bit)"],
    );
    check_certificate(authority, "buildCustomCert (b64enc $ca.Cert) (b64enc $ca.Key)", &own);
}

/// Go makes the same bytes of the same key, serial number and time.
#[test]
fn certificates_are_those_of_go() {
    let text = r#"
        {{- $ca := genCAWithKey "ca" 365 .ed25519 -}}
        {{- $leaf := genSignedCertWithKey "leaf" (list "10.0.0.1" "::1") (list "a.b" "*.c") 30 $ca .ed25519 -}}
        {{- $ca.Cert }}|{{ $leaf.Cert }}|{{ $leaf.Key -}}
    "#;
    let wanted = [include_str!("certificates/authority.pem"), include_str!("certificates/leaf.pem"), ED25519];
    assert_eq!(render(text).unwrap(), wanted.join("|"));
}

#[track_caller]
fn check(text: &str, wanted: &str) {
    let got = render(text).unwrap_or_else(|error| error.message().to_owned());
    assert_eq!(got, wanted, "{text}");
}

/// Hashes that `golang.org/x/crypto/bcrypt` takes for their passwords.
#[test]
fn passwords() {
    check(r#"{{ bcrypt "secret" }}"#, "$2a$10$NP0QGu9pZZPnSw6k0cJVoul9VKAyAXcaJ9KSOG5e3f2JP9B35az0W");
    check(r#"{{ htpasswd "u" "secret" }}"#, "u:$2a$10$NP0QGu9pZZPnSw6k0cJVoul9VKAyAXcaJ9KSOG5e3f2JP9B35az0W");
    check(r#"{{ bcrypt (repeat 72 "x") }}"#, "$2a$10$NP0QGu9pZZPnSw6k0cJVout3htX2b2BVCM.HcmoNE5jG2Ef2joq0.");
    let long = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
    check(r#"{{ bcrypt (repeat 73 "x") }}"#, long);
    check(r#"{{ htpasswd "u:" "secret" }}"#, "invalid username: u:");
}

/// As Go and sprig word them.
#[test]
fn what_is_wrong_is_said() {
    check(r#"{{ genPrivateKey "x" }}"#, "Unknown type x");
    let dsa = "error calling genPrivateKey: making DSA keys is not available here, only `rsa`, `ecdsa` and `ed25519`";
    check(r#"{{ genPrivateKey "dsa" }}"#, dsa);

    let self_signed =
        |arguments: &str, wanted: &str| check(&format!("{{{{ genSelfSignedCert {arguments} }}}}"), wanted);
    self_signed(r#""a" (list 1) nil 3"#, "error calling genSelfSignedCert: error parsing ip: 1 is not a string");
    self_signed(r#""a" (list "01.2.3.4") nil 3"#, "error calling genSelfSignedCert: error parsing ip: 01.2.3.4");
    let name = "error calling genSelfSignedCert: error processing alternate dns name: 1 is not a string";
    self_signed(r#""a" nil (list 1) 3"#, name);
    let letters = "error creating certificate: x509: \"ä.b\" cannot be encoded as an IA5String";
    self_signed(r#""a" nil (list "ä.b") 3"#, &format!("error calling genSelfSignedCert: {letters}"));
    let wrong = "wrong type for value; expected []interface {}; got []string";
    self_signed(r#""a" (splitList "," "x") nil 3"#, wrong);

    let authority = |key: &str, wanted: &str| {
        let wanted = format!("error calling genCAWithKey: {wanted}");
        check(&format!("{{{{ genCAWithKey \"a\" 3 {key} }}}}"), &wanted);
    };
    authority(r#""""#, "parsing private key: no PEM data in input");
    authority(
        r#"(replace "KEY-----\nM" (print "KEY-----\n" (repeat 20000 "M") "M") .ed25519)"#,
        "parsing private key: the private key is too long",
    );
    let certificate = "parsing private key: no private key data in PEM block of type CERTIFICATE";
    authority(r#"(genCAWithKey "a" 3 .ed25519).Cert"#, certificate);
    let kind = "parsing private key: invalid private key type X";
    authority(r#"(replace " PRIV" " X PRIV" .ed25519)"#, kind);

    let signed =
        |authority: &str, wanted: &str| check(&format!("{{{{ genSignedCert \"a\" nil nil 3 {authority} }}}}"), wanted);
    signed("nil", "cannot assign nil to sprig.certificate");
    signed(r#"(print "x")"#, "wrong type for value; expected sprig.certificate; got string");
    let mixed = r#"(buildCustomCert (b64enc (genCAWithKey "a" 3 .p384).Cert) (b64enc .p521))"#;
    let message = "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey";
    signed(mixed, &format!("error calling genSignedCert: {message}"));

    let custom = |arguments: &str, wanted: &str| {
        let wanted = format!("error calling buildCustomCert: {wanted}");
        check(&format!("{{{{ buildCustomCert {arguments} }}}}"), &wanted);
    };
    custom(r#""!" """#, "unable to decode base64 certificate");
    custom(r#""" "!""#, "unable to decode base64 private key");
    custom(r#""" """#, "unable to decode certificate");
    let key = r#"(b64enc (genCAWithKey "a" 3 .ed25519).Cert) """#;
    custom(key, "error parsing private key: no PEM data in input");
}

#[test]
fn what_the_host_does_not_give_is_not_made_up() {
    let message = |host, text| render_with(host, Limits::default(), text).unwrap_err().message().to_owned();
    let (without_seed, without_time) = (Host::default().with_time(0, 0), Host::default().with_seed("s"));
    for (function, text) in [
        ("genPrivateKey", r#"{{ genPrivateKey "" }}"#),
        ("bcrypt", r#"{{ bcrypt "x" }}"#),
        ("genCAWithKey", r#"{{ genCAWithKey "x" 1 .ed25519 }}"#),
    ] {
        let wanted = format!("error calling {function}: ");
        let got = message(without_seed.clone(), text);
        assert!(got.starts_with(&wanted) && got.ends_with("randomness is not available here"), "{got}");
    }
    let got = message(without_time, r#"{{ genCAWithKey "x" 1 .ed25519 }}"#);
    assert_eq!(got, "error calling genCAWithKey: error creating certificate: the time is not available here");
}

#[test]
fn work_is_bounded() {
    let limits = Limits::default().with_steps(1_500_000);
    for text in [
        r#"{{ range 10000 }}{{ genPrivateKey "" }}{{ end }}"#,
        r#"{{ range 10000 }}{{ genCA "x" 1 }}{{ end }}"#,
        r#"{{ range 10000 }}{{ bcrypt "x" }}{{ end }}"#,
        r#"{{ range 10000 }}{{ genPrivateKey "ed25519" }}{{ end }}"#,
        r#"{{ $key := .p521 }}{{ range 10000 }}{{ genCAWithKey "x" 1 $key }}{{ end }}"#,
    ] {
        let error = render_with(host("s"), limits, text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{text}: {error}");
    }
}

//! Rules that cannot be served are found at start, with the name of the method.

use std::path::Path;

use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};
use tower::service_fn;
use transcode::Transcoder;

/// One file that is not on disk.
struct Inline(String);

impl FileResolver for Inline {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == "test.proto" {
            return File::from_source(name, &self.0);
        }
        Err(protox::Error::file_not_found(name))
    }
}

/// Compiles a service of these methods, and says what is wrong with their rules.
fn refusal(methods: &str) -> Option<String> {
    let source = format!(
        r#"
        syntax = "proto3";
        package test;
        import "google/api/annotations.proto";
        service Things {{ {methods} }}
        message Thing {{ string name = 1; repeated string tags = 2; Thing inner = 3; int32 count = 4; }}
        "#
    );
    let mut files = ChainFileResolver::new();
    files.add(Inline(source));
    files.add(IncludeFileResolver::new(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto"),
    ));
    files.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler
        .include_imports(true)
        .open_file("test.proto")
        .expect("it compiles");
    let pool =
        DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).expect("a compiled set is valid");
    let inner = service_fn(async |()| Ok::<_, ()>(()));
    Transcoder::new(inner, &pool).err().map(|reason| reason.to_string())
}

#[test]
fn rules_that_cannot_be_served() {
    let check = |rule: &str, expected: &str| {
        let method = format!("rpc Do(Thing) returns (Thing) {{ option (google.api.http) = {{ {rule} }}; }}");
        let expected = format!("the HTTP rule of `/test.Things/Do` cannot be served: {expected}");
        assert_eq!(refusal(&method).as_deref(), Some(expected.as_str()), "{rule}");
    };
    check(r#"get: "v1/things""#, "a path begins with `/`");
    check(
        r#"get: "/v1/{nothing=things/*}""#,
        "the request has no single field `nothing`",
    );
    check(
        r#"get: "/v1/{tags=things/*}""#,
        "the request has no single field `tags`",
    );
    check(
        r#"get: "/v1/{name.x=things/*}""#,
        "the request has no single field `name.x`",
    );
    check(r#"get: "/v1/{count=things/*}""#, "the path field `count` is no string");
    check(
        r#"post: "/v1/things" body: "nothing""#,
        "the request has no field `nothing`",
    );
    check(
        r#"post: "/v1/things" body: "name""#,
        "its body field `name` is not one message",
    );
    check(
        r#"get: "/v1/things" response_body: "name""#,
        "`response_body` is not supported",
    );
    check(r#"body: "*""#, "it has no verb");
    check(
        r#"custom {kind: "NO VERB" path: "/v1/things"}"#,
        "its custom verb is no HTTP method",
    );
    let long = "/v1".repeat(17);
    check(&format!(r#"get: "{long}""#), "its path has more than 16 segments");
}

#[test]
fn rules_that_can() {
    let check = |methods: &str| assert_eq!(refusal(methods), None, "{methods}");
    check("rpc Plain(Thing) returns (Thing);");
    check(r#"rpc Do(Thing) returns (Thing) { option (google.api.http) = { get: "/v1/{inner.name=a/*}" }; }"#);
    check(
        r#"rpc Do(Thing) returns (Thing) {
            option (google.api.http) = { custom {kind: "PURGE" path: "/v1/x"} additional_bindings { get: "/v1/x" } };
        }"#,
    );
}

#[test]
fn methods_that_stream_or_share_a_path() {
    let streams = r#"rpc Do(Thing) returns (stream Thing) { option (google.api.http) = { get: "/v1/x" }; }"#;
    let reason = refusal(streams).expect("it cannot be served");
    assert_eq!(
        reason,
        "the HTTP rule of `/test.Things/Do` cannot be served: the method streams"
    );

    let twins = r#"
        rpc One(Thing) returns (Thing) { option (google.api.http) = { get: "/v1/{name=a/*}" }; }
        rpc Two(Thing) returns (Thing) { option (google.api.http) = { get: "/v1/a/{name}" }; }"#;
    let reason = refusal(twins).expect("they cannot both be served");
    assert_eq!(
        reason,
        "the HTTP rule of `/test.Things/Two` cannot be served: `/test.Things/One` has the same verb and path"
    );
}

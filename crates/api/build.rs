//! Compiles all of `proto/` into messages, services and a descriptor set.
//!
//! protox is a protobuf compiler in Rust, so a fresh machine needs no `protoc`. The descriptor set is written with
//! protox's own encoder: a pass through `prost_types::FileDescriptorSet` drops what it has no field for, and
//! `google.api.http`, which `transcode` lives on, is such an option.
//!
//! Beside the servers of tonic, which read a body and answer with one, each service gets its methods from message to message:
//! whoever has the whole message in hand already, as our gate has, calls those.

use prost_build::{Method, Service, ServiceGenerator};
use std::{
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let proto = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", proto.display());

    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true).open_files(files(&proto)?)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    // Comments become the documentation of the generated types; at run time only tests read them.
    let client = env::var_os("CARGO_FEATURE_CLIENT").is_some();
    let described = compiler.include_source_info(true).file_descriptor_set();
    if client {
        fs::write(out.join("commented.bin"), compiler.encode_file_descriptor_set())?;
    }
    let tonic = tonic_prost_build::configure()
        .build_client(client)
        // A method that is not written yet answers UNIMPLEMENTED.
        .generate_default_stubs(true);
    prost_build::Config::new()
        // Ordered, so that equal errors have equal bytes.
        .btree_map(["."])
        // A whole call, in an event that is a piece of sound a thousand times to one.
        .boxed(".enfonica.voice.v1beta1.StreamCallResponse.event.call_connected")
        .include_file("packages.rs")
        .service_generator(Box::new(Generator(tonic.service_generator())))
        .compile_fds(described)?;
    Ok(())
}

/// What is generated of a service: what tonic does, and its methods.
struct Generator(Box<dyn ServiceGenerator>);

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, code: &mut String) {
        code.push_str(&methods(&service));
        self.0.generate(service, code);
    }

    fn finalize(&mut self, code: &mut String) {
        self.0.finalize(code);
    }
}

/// `impl Methods` for a service behind an `Arc`: its unary methods from message to message, and those that go on by tonic's server.
fn methods(service: &Service) -> String {
    let Service {
        name,
        proto_name,
        package,
        methods,
        ..
    } = service;
    let arm = |method: &Method| {
        let (name, proto_name) = (&method.name, &method.proto_name);
        format!(
            "\"{proto_name}\" => ::std::boxed::Box::pin(crate::methods::exchange(request, \
             move |request| async move {{ service.{name}(request).await }})),\n"
        )
    };
    let goes_on = |method: &Method| method.client_streaming || method.server_streaming;
    let unary: Vec<&Method> = methods.iter().filter(|method| !goes_on(method)).collect();
    let arms = unary.iter().map(|method| arm(method)).collect::<Vec<_>>().concat();
    let module = snake_case(name);
    let call = if unary.is_empty() {
        "fn call(&self, _: &str, _: ::tonic::Request<::bytes::Bytes>) -> crate::Answering { crate::methods::unknown() }"
            .to_owned()
    } else {
        format!(
            "fn call(&self, method: &str, request: ::tonic::Request<::bytes::Bytes>) -> crate::Answering {{
                let service = ::std::sync::Arc::clone(&self.0);
                match method {{
                    {arms}
                    _ => crate::methods::unknown(),
                }}
            }}"
        )
    };
    let converse = if unary.len() == methods.len() {
        String::new()
    } else {
        format!(
            "fn converse(&self, request: crate::Asked, message_bytes_max: usize) -> crate::Conversing {{
                let server = {module}_server::{name}Server::from_arc(::std::sync::Arc::clone(&self.0));
                crate::methods::conversed(server.max_decoding_message_size(message_bytes_max), request)
            }}"
        )
    };
    format!(
        "/// The methods of [`{module}_server::{name}`], from message to message.
        #[derive(Debug)]
        pub struct {name}Methods<T>(pub ::std::sync::Arc<T>);
        impl<T: {module}_server::{name}> crate::Methods for {name}Methods<T> {{
            fn service(&self) -> &'static str {{ \"{package}.{proto_name}\" }}
            {call}
            {converse}
        }}\n"
    )
}

/// As tonic names the module of a service.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Every `.proto` file in a folder and below, in one order everywhere.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "proto") {
            found.push(path);
        }
    }
    Ok(found)
}

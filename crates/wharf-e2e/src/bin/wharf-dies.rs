//! The server that kills itself, as `kill -9` would, at the store call that a test chooses:
//! `wharf-dies ADDRESS DIRECTORY CALL before|after`. It never does with call 0.

use std::sync::Arc;
use std::time::Duration;

use wharf_http::{App, Limits, Server, Settings, Shutdown};
use wharf_registry::{Options, Registry};
use wharf_store::{Fault, FaultPlan, Faulty, FileStore};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, data, call, when] = arguments.as_slice() else {
        return Err("usage: wharf-dies ADDRESS DIRECTORY CALL before|after".into());
    };
    let fault = if when == "after" {
        Fault::DieAfter
    } else {
        Fault::Die
    };
    let plan = FaultPlan::default();
    match call.parse()? {
        0 => {}
        call => plan.arm(call, fault),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(address, data, plan))
}

async fn serve(
    address: &str,
    data: &str,
    plan: FaultPlan,
) -> Result<(), Box<dyn std::error::Error>> {
    let store = Faulty::new(FileStore::new(data)?, plan);
    let registry = Registry::new(Arc::new(store), Options::default());
    let settings = Settings {
        body_stall: Duration::from_secs(10),
        ..Settings::default()
    };
    let server = Server::bind(address, App::new(registry, settings), Limits::default()).await?;
    server.run(Shutdown::default()).await;
    Ok(())
}

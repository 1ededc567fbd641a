//! All that clients do to a registry, once.

use serde_json::Value;

use crate::client::Client;
use crate::images::{about, image};

const APP: &str = "library/app";
const COPY: &str = "library/app/copy";

const CONFIG: &[u8] = b"the config of both";
const OLD_LAYER: [&[u8]; 3] = [b"first chunk, ", b"second chunk, ", b"third chunk"];
const NEW_LAYER: &[u8] = b"the layer of the new image";
const SIGNATURE: &[u8] = b"the layer of the signature";

/// Pushes two images and a signature, moves a tag, mounts, cancels, and deletes the old
/// image. It can be run again.
pub(crate) async fn run(client: &Client) {
    let (old, new) = (
        image(CONFIG, &[&OLD_LAYER.concat()]),
        image(CONFIG, &[NEW_LAYER]),
    );
    client.push_blob(APP, CONFIG).await;
    client.push_in_chunks(APP, OLD_LAYER).await;
    client.push_manifest(APP, &old, &["old", "latest"]).await;
    client.push_blob(APP, NEW_LAYER).await;
    client.push_manifest(APP, &new, &["latest"]).await;
    let signature = signature_of(&old);
    client.push_blob(APP, SIGNATURE).await;
    client.push_manifest(APP, &signature, &[]).await;
    client.ask_for_referrers(APP, &old).await;
    for content in [CONFIG, NEW_LAYER] {
        client.mount(COPY, content, APP).await;
    }
    client.push_manifest(COPY, &new, &["latest"]).await;
    client.cancel(APP, b"not wanted any more").await;
    client.delete_tag(COPY, "latest").await;
    client.delete_manifest(APP, &signature).await;
    client.delete_manifest(APP, &old).await;
    client.delete_blob(APP, &OLD_LAYER.concat()).await;
    client.ask_for_referrers(APP, &old).await;
}

/// A push of one of several images that have much in common; they can run at once.
pub(crate) async fn push_beside_others(client: &Client, own: &'static [u8], tag: &str) {
    client.push_blob(APP, CONFIG).await;
    client.push_blob(APP, own).await;
    client.push_in_chunks(APP, OLD_LAYER).await;
    let image = image(CONFIG, &[&OLD_LAYER.concat(), own]);
    client.push_manifest(APP, &image, &[tag, "latest"]).await;
}

fn signature_of(subject: &Value) -> Value {
    about(image(CONFIG, &[SIGNATURE]), subject)
}

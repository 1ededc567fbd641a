//! Archives, through files and pipes, and signatures that go along.

use wharf_e2e::command::Run;
use wharf_e2e::server::Server;

use super::Client;

#[test]
fn an_image_goes_through_pipes() {
    let (from, to) = (Server::wharf(), Server::wharf());
    let client = Client::new();
    let image = from.push_image("team/app", "1", "amd64");
    let other = from.push_image("team/db", "2", "amd64");
    let (from, host) = (from.host(), to.host());
    // Several images, each under its own name.
    let line = format!("wharf save {from}/team/app:1 {from}/team/db:2 | wharf load --to {host}/m");
    let done = client.shell(&line);
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert_eq!(to.whole_image("m/team/app", "1"), image);
    assert_eq!(to.whole_image("m/team/db", "2"), other);
    let line =
        format!("wharf save --format oci {from}/team/app:1 | gzip | wharf load --to oci:app");
    assert_eq!(client.shell(&line).code, Some(0));
    assert_eq!(client.ok("inspect --raw oci:app").as_bytes(), image.body);
    let line =
        format!("wharf copy oci:app oci-archive:- | wharf copy oci-archive:- {host}/piped:1");
    let done = client.shell(&line);
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert_eq!(to.whole_image("piped", "1"), image);
    // A pipe that ends early is never taken for whole.
    let line = format!(
        "set +o pipefail; wharf save {from}/team/app:1 | head -c 100000 | wharf load --to {host}/cut"
    );
    let done = client.shell(&line);
    assert_eq!(done.code, Some(5), "{done:#?}");
    assert!(!to.repositories().contains(&"cut/team/app".to_owned()));
}

#[test]
fn others_read_archives() {
    let server = Server::wharf();
    let client = Client::new();
    let index = server.push_index("team/app", "1");
    let amd64 = server.manifest("team/app", "1-amd64");
    let name = format!("{}/team/app:1", server.host());
    client.ok(&format!("save -o docker.tar --platform linux/amd64 {name}"));
    client.ok(&format!("save -o oci.tar --format oci {name}"));
    let skopeo = |place: &str| {
        let run = Run::tool("skopeo").words("inspect --raw").arg(place);
        run.directory(client.path()).ok().stdout
    };
    assert_eq!(skopeo("oci-archive:oci.tar"), index.body);
    let config = &amd64.json()["config"]["digest"];
    let found: serde_json::Value =
        serde_json::from_slice(&skopeo("docker-archive:docker.tar")).unwrap();
    assert_eq!(&found["config"]["digest"], config);
    let copy = format!("{}/by/crane:1", server.host());
    let crane = Run::tool("crane").words("push docker.tar").arg(&copy);
    crane.directory(client.path()).ok();
    assert_eq!(
        &server.manifest("by/crane", "1").json()["config"]["digest"],
        config
    );
    // And the other way.
    let run = Run::tool("skopeo").words("copy --src-tls-verify=false");
    let run = run.arg(format!("docker://{}/team/app:1-amd64", server.host()));
    run.arg("docker-archive:skopeo.tar:app:1")
        .directory(client.path())
        .ok();
    client.ok(&format!("load -i skopeo.tar --to {}/skopeo", server.host()));
    let _ = server.whole_image("skopeo/app", "1");
    let run = Run::tool("skopeo").words("copy --all --src-tls-verify=false");
    run.arg(format!("docker://{name}"))
        .arg("dir:directory")
        .directory(client.path())
        .ok();
    client.ok(&format!("copy dir:directory {}/directory:1", server.host()));
    assert_eq!(server.whole_image("directory", "1"), index);
}

/// As engines write them that have pulled one platform.
#[test]
fn of_an_index_that_is_not_whole_one_image_is_taken() {
    let (from, to) = (Server::wharf(), Server::wharf());
    let client = Client::new();
    let index = from.push_index("app", "1");
    let here = from.manifest("app", "1-amd64");
    let name = format!("{}/app:1", from.host());
    client.ok(&format!(
        "copy --sparse --platform linux/amd64 {name} docker-archive:sparse.tar:app:1"
    ));
    let raw = client.ok("inspect --raw docker-archive:sparse.tar");
    assert_eq!(raw.as_bytes(), index.body);
    client.ok(&format!("load -i sparse.tar --to {}", to.host()));
    assert_eq!(to.whole_image("app", "1"), here);
    let all = client.run(&format!(
        "load -i sparse.tar --platform all --to {}",
        to.host()
    ));
    assert_eq!(all.code, Some(3), "{all:#?}");
}

/// Lists of contents by their subject, signatures by their tag.
#[test]
fn what_refers_to_an_image_goes_along_if_wanted() {
    let (from, to) = (Server::wharf(), Server::distribution_v3());
    let client = Client::new();
    let image = from.push_image("app", "1", "amd64");
    let name = format!("{}/app:1", from.host());
    std::fs::write(client.path().join("list.txt"), "contents").unwrap();
    let oras = Run::tool("oras").words("attach --plain-http --artifact-type text/list");
    oras.arg(&name)
        .arg("list.txt")
        .directory(client.path())
        .ok();
    let signature = format!("{}.sig", image.digest.replace(':', "-"));
    let signed = from.push_image("app", &signature, "amd64");
    client.ok(&format!("copy {name} {}/plain:1", to.host()));
    assert_eq!(to.tags("plain"), ["1"]);
    client.ok(&format!("copy --referrers {name} oci:app:1"));
    client.ok(&format!("copy --referrers oci:app:1 {}/app:1", to.host()));
    assert_eq!(to.whole_image("app", &signature), signed);
    // Version 3 lists no referrers: their list has a tag.
    let fallback = image.digest.replace(':', "-");
    let list = to.manifest("app", &fallback);
    assert_eq!(list.children().len(), 1);
    let told = client.ok(&format!("inspect {}/app:1", to.host()));
    let (_, referrers) = told.split_once("\nReferrers\n").unwrap();
    assert!(referrers.starts_with("  text/list  "), "{told}");
    assert!(referrers.contains(".sig, by its tag  "), "{told}");
}

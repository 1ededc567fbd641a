//! The requests, and the status that each identity gets: 401 is a challenge, 403 a denial, and
//! everything else was let in.

/// Method, path, and a status for each of `IDENTITIES`.
pub(super) type Row = (&'static str, &'static str, [u16; 8]);

#[rustfmt::skip]
pub(super) const TABLE: [Row; 63] = [
    //                                              nobody empty garbage wrong ann bob carl admin
    ("GET", "/",                                     [200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET", "/v2/",                                  [401, 401, 401, 401, 200, 200, 200, 200]),
    ("HEAD", "/v2/",                                 [401, 401, 401, 401, 200, 200, 200, 200]),
    ("GET", "/v2/_catalog",                          [401, 401, 401, 401, 403, 403, 403, 200]),
    ("GET", "/v2/_catalog?n=1&last=a",               [401, 401, 401, 401, 403, 403, 403, 200]),

    // Tags.
    ("GET", "/v2/public/app/tags/list",              [200, 200, 401, 401, 200, 200, 200, 200]),
    ("GET", "/v2/team-a/app/tags/list",              [401, 401, 401, 401, 200, 403, 403, 200]),
    ("GET", "/v2/team-b/app/tags/list",              [401, 401, 401, 401, 403, 200, 403, 200]),
    ("GET", "/v2/users/ann/app/tags/list",           [401, 401, 401, 401, 200, 403, 403, 200]),
    // Whether something is there is for those who are let in.
    ("GET", "/v2/none/such/tags/list",               [401, 401, 401, 401, 403, 403, 403, 404]),
    ("GET", "/v2/public/none/tags/list",             [404, 404, 401, 401, 404, 404, 404, 404]),
    ("GET", "/v2/users/annex/app/tags/list",         [401, 401, 401, 401, 403, 403, 403, 404]),
    ("GET", "/v2/users/carl/app/tags/list",          [401, 401, 401, 401, 403, 403, 404, 404]),

    // Manifests.
    ("GET", "/v2/public/app/manifests/1",            [200, 200, 401, 401, 200, 200, 200, 200]),
    ("HEAD", "/v2/public/app/manifests/1",           [200, 200, 401, 401, 200, 200, 200, 200]),
    ("GET", "/v2/public/app/manifests/{manifest}",   [200, 200, 401, 401, 200, 200, 200, 200]),
    ("PUT", "/v2/public/app/manifests/1",            [401, 401, 401, 401, 403, 403, 403, 201]),
    ("DELETE", "/v2/public/app/manifests/{manifest}", [401, 401, 401, 401, 403, 403, 403, 202]),
    ("GET", "/v2/team-a/app/manifests/1",            [401, 401, 401, 401, 200, 403, 403, 200]),
    ("HEAD", "/v2/team-a/app/manifests/1",           [401, 401, 401, 401, 200, 403, 403, 200]),
    ("PUT", "/v2/team-a/app/manifests/1",            [401, 401, 401, 401, 201, 403, 403, 201]),
    ("DELETE", "/v2/team-a/app/manifests/{manifest}", [401, 401, 401, 401, 202, 403, 403, 202]),
    ("DELETE", "/v2/team-a/app/manifests/1",         [401, 401, 401, 401, 202, 403, 403, 202]),
    ("GET", "/v2/team-a/frozen/manifests/1",         [401, 401, 401, 401, 200, 403, 403, 200]),
    ("PUT", "/v2/team-a/frozen/manifests/1",         [401, 401, 401, 401, 403, 403, 403, 201]),
    ("DELETE", "/v2/team-a/frozen/manifests/1",      [401, 401, 401, 401, 403, 403, 403, 202]),
    ("PUT", "/v2/team-b/app/manifests/1",            [401, 401, 401, 401, 403, 201, 403, 201]),
    ("DELETE", "/v2/team-b/app/manifests/1",         [401, 401, 401, 401, 403, 403, 403, 202]),
    ("PUT", "/v2/users/ann/app/manifests/1",         [401, 401, 401, 401, 201, 403, 403, 201]),
    ("DELETE", "/v2/users/ann/app/manifests/1",      [401, 401, 401, 401, 202, 403, 403, 202]),

    // Blobs.
    ("GET", "/v2/public/app/blobs/{layer}",          [200, 200, 401, 401, 200, 200, 200, 200]),
    ("HEAD", "/v2/public/app/blobs/{layer}",         [200, 200, 401, 401, 200, 200, 200, 200]),
    ("DELETE", "/v2/public/app/blobs/{layer}",       [401, 401, 401, 401, 403, 403, 403, 202]),
    ("GET", "/v2/team-a/app/blobs/{layer}",          [401, 401, 401, 401, 200, 403, 403, 200]),
    ("HEAD", "/v2/team-a/app/blobs/{layer}",         [401, 401, 401, 401, 200, 403, 403, 200]),
    ("DELETE", "/v2/team-a/app/blobs/{layer}",       [401, 401, 401, 401, 202, 403, 403, 202]),
    ("GET", "/v2/team-b/app/blobs/{secret}",         [401, 401, 401, 401, 403, 200, 403, 200]),
    // What is elsewhere in the store is not there.
    ("GET", "/v2/public/app/blobs/{secret}",         [404, 404, 401, 401, 404, 404, 404, 404]),

    // Referrers.
    ("GET", "/v2/public/app/referrers/{manifest}",   [200, 200, 401, 401, 200, 200, 200, 200]),
    ("GET", "/v2/team-b/app/referrers/{manifest}",   [401, 401, 401, 401, 403, 200, 403, 200]),

    // Uploads.
    ("POST", "/v2/public/app/blobs/uploads/",        [401, 401, 401, 401, 403, 403, 403, 202]),
    ("POST", "/v2/team-a/app/blobs/uploads/",        [401, 401, 401, 401, 202, 403, 403, 202]),
    ("POST", "/v2/team-a/frozen/blobs/uploads/",     [401, 401, 401, 401, 403, 403, 403, 202]),
    ("POST", "/v2/team-b/app/blobs/uploads/",        [401, 401, 401, 401, 403, 202, 403, 202]),
    ("GET", "/v2/team-a/app/blobs/uploads/{upload}", [401, 401, 401, 401, 204, 403, 403, 204]),
    ("PATCH", "/v2/team-a/app/blobs/uploads/{upload}", [401, 401, 401, 401, 202, 403, 403, 202]),
    ("PUT", "/v2/team-a/app/blobs/uploads/{upload}", [401, 401, 401, 401, 201, 403, 403, 201]),
    ("DELETE", "/v2/team-a/app/blobs/uploads/{upload}", [401, 401, 401, 401, 204, 403, 403, 204]),
    ("DELETE", "/v2/team-b/app/blobs/uploads/{upload}", [401, 401, 401, 401, 403, 403, 403, 204]),

    // Mounts need a push here and a pull there.
    ("POST", "/v2/team-a/app/blobs/uploads/?mount={layer}&from=public/app",
                                                     [401, 401, 401, 401, 201, 403, 403, 201]),
    ("POST", "/v2/team-a/app/blobs/uploads/?mount={secret}&from=team-b/app",
                                                     [401, 401, 401, 401, 403, 403, 403, 201]),
    ("POST", "/v2/team-b/app/blobs/uploads/?mount={layer}&from=team-a/app",
                                                     [401, 401, 401, 401, 403, 403, 403, 201]),
    ("POST", "/v2/users/carl/app/blobs/uploads/?mount={layer}&from=public/app",
                                                     [401, 401, 401, 401, 403, 403, 201, 201]),
    ("POST", "/v2/users/carl/app/blobs/uploads/?mount={layer}&from=users/ann/app",
                                                     [401, 401, 401, 401, 403, 403, 403, 201]),

    // Other ways to write a path lead nowhere else.
    ("GET", "/v2/public/../team-a/app/tags/list",    [301, 301, 301, 301, 301, 301, 301, 301]),
    ("GET", "/v2/public/app/../../team-a/app/tags/list", [301, 301, 301, 301, 301, 301, 301, 301]),
    ("GET", "/v2/public%2F..%2Fteam-a%2Fapp/tags/list", [301, 301, 301, 301, 301, 301, 301, 301]),
    ("GET", "/v2/team-a%2Fapp/tags/list",            [401, 401, 401, 401, 200, 403, 403, 200]),
    ("GET", "/v2/%74eam-a/app/tags/list",            [401, 401, 401, 401, 200, 403, 403, 200]),
    ("GET", "/v2/public/app/tags/list?name=team-a/app", [200, 200, 401, 401, 200, 200, 200, 200]),

    // Methods that are not for reading, or nobody knows.
    ("POST", "/v2/public/app/manifests/1",           [401, 401, 401, 401, 403, 403, 403, 405]),
    ("BREW", "/v2/public/app/manifests/1",           [401, 401, 401, 401, 405, 405, 405, 405]),
    ("OPTIONS", "/v2/team-a/app/manifests/1",        [200, 200, 200, 200, 200, 200, 200, 200]),
];

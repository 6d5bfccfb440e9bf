//! Score files of any size.

use std::fmt::Write as _;

/// A Score file in YAML that uses everything, with so many further resources.
pub fn score_yaml(resources: usize) -> String {
    let mut text = String::from(
        "apiVersion: score.dev/v1b1

metadata:
  name: web-shop
  annotations:
    example.com/owner: \"team-shop\"

service:
  ports:
    web: # what the public sees
      port: 80
      targetPort: 8080
      protocol: TCP
    admin: {port: 9000, protocol: TCP}

containers:
  main:
    image: registry.example.com/shop/web:1.2.3
    command: [\"/bin/sh\", \"-c\"]
    args:
      - \"exec server --port 8080 --verbose\"
    variables:
      DATABASE_HOST: ${resources.db.host}
      DATABASE_PORT: ${resources.db.port}
      DATABASE_URL: postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}:${resources.db.port}/${resources.db.name}
      GREETING: \"Hello, $$world\"
      WORKLOAD: ${metadata.name}
    files:
      /etc/shop/config.yaml:
        mode: \"0644\"
        content: |
          database:
            host: ${resources.db.host}
            port: ${resources.db.port}
          cache: ${resources.cache.url}
      /etc/shop/logo.png:
        binaryContent: aGVsbG8gd29ybGQ=
    volumes:
      /var/lib/shop:
        source: ${resources.data}
        path: web
        readOnly: false
    resources:
      limits: {memory: \"512Mi\", cpu: \"500m\"}
      requests: {memory: \"128Mi\", cpu: \"100m\"}
    livenessProbe:
      exec:
        command: [\"/bin/alive\"]
    readinessProbe:
      httpGet:
        path: /ready
        port: 8080
        scheme: HTTP
        httpHeaders:
          - name: X-Probe
            value: \"1\"
  migrate:
    image: registry.example.com/shop/migrate:1.2.3
    before:
      main: {ready: complete}

resources:
  db:
    type: postgres
    class: large
    params:
      version: \"16\"
      extensions: [uuid, hstore]
  cache:
    type: redis
  data:
    type: volume
    id: shop-data
",
    );
    for index in 0..resources {
        let _ = write!(
            text,
            "  res-{index}:\n    type: bucket\n    class: standard\n    params:\n      region: eu-central-{}\n      host: ${{resources.db.host}}\n",
            index % 3,
        );
    }
    text
}

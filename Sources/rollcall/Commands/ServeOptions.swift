internal import ArgumentParser
internal import Foundation

/// The flags that `serve` and `check-config` take; each wins over the environment and the file.
struct ServeOptions: ParsableArguments {
    @Option(help: "A file of settings (ROLLCALL_CONFIG).")
    var config: String?

    @Option(help: "A configuration file of Consul's agent, in JSON; may be repeated.")
    var consulConfig: [String] = []

    @Option(help: "Where DNS is answered, ADDRESS:PORT; may be repeated (127.0.0.1:8600).")
    var dnsListen: [String] = []

    @Option(help: "Where the API is served, ADDRESS:PORT; may be repeated (127.0.0.1:8500).")
    var httpListen: [String] = []

    @Option(help: "Where the API is served over TLS, ADDRESS:PORT; may be repeated.")
    var httpsListen: [String] = []

    @Option(help: "The folder of the stored catalog (data).")
    var dataDir: String?

    @Flag(help: "Keep the catalog in memory only.")
    var ephemeral = false

    @Option(help: "Who keeps the catalog: embedded, or etcd for a cluster (embedded).")
    var store: String?

    @Option(help: "URLs of etcd, separated by commas, as http://10.0.0.5:2379.")
    var etcd: String?

    @Option(help: "The name of the cluster.")
    var cluster: String?

    @Option(help: "etcd's user.")
    var etcdUser: String?

    @Option(help: "The user's password, or file: and the path of a file that holds it.")
    var etcdPassword: String?

    @Option(help: "A PEM file of the authorities that sign etcd's certificates.")
    var etcdCa: String?

    @Option(help: "A PEM file of the certificate that etcd is shown.")
    var etcdCertificate: String?

    @Option(help: "A PEM file of the certificate's key.")
    var etcdKey: String?

    @Flag(help: "Take registrations while etcd is away, and merge them later.")
    var acceptOfflineRegistrations = false

    @Option(help: "The folder of the zone files (zones).")
    var zonesDir: String?

    @Option(help: "A domain of the catalog's names; may be repeated (consul).")
    var domain: [String] = []

    @Option(help: "The datacenter's name (dc1).")
    var datacenter: String?

    @Option(help: "This node's name (the host's).")
    var nodeName: String?

    @Option(help: "This node's address in the catalog.")
    var nodeAddress: String?

    @Option(help: "Packet threads (one a core).")
    var workers: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (info).")
    var logLevel: String?

    @Option(help: "text or json (text).")
    var logFormat: String?

    @Option(help: "Who to become once the ports are open, for a start as root.")
    var user: String?

    @Option(help: "The group to take on with the user (the user's own).")
    var group: String?

    /// These flags over the environment and the file that either names.
    func sources(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> ConfigurationSources {
        var flags: [String: [String]] = [
            "dns_listen": dnsListen, "http_listen": httpListen, "https_listen": httpsListen,
            "domain": domain, "consul_config": consulConfig,
            "etcd.endpoints": etcd?.split(separator: ",").map(String.init) ?? [],
        ]
        let single = [
            "config": config, "data_dir": dataDir, "zones_dir": zonesDir,
            "datacenter": datacenter, "node_name": nodeName, "node_address": nodeAddress,
            "workers": workers, "log_level": logLevel, "log_format": logFormat,
            "user": user, "group": group,
            "ephemeral": ephemeral ? "true" : nil, "store": store, "cluster.name": cluster,
            "etcd.user": etcdUser, "etcd.password": etcdPassword, "etcd.ca": etcdCa,
            "etcd.certificate": etcdCertificate, "etcd.key": etcdKey,
            "cluster.accept_offline_registrations": acceptOfflineRegistrations ? "true" : nil,
        ]
        for (key, value) in single {
            if let value { flags[key] = [value] }
        }
        return ConfigurationSources(flags: flags, environment: environment)
    }
}

import Foundation
import TestSupport

/// A name server that others wrote, as Debian packages it.
enum Referee: String, CaseIterable {
    case nsd = "NSD"
    case knot = "Knot"
    case bind = "BIND"

    /// Below the folder that `Tests/peers.sh` unpacks into.
    var binary: String {
        switch self {
        case .nsd: "usr/sbin/nsd"
        case .knot: "usr/sbin/knotd"
        case .bind: "usr/sbin/named"
        }
    }

    /// The arguments that keep it in the foreground.
    func arguments(configuration: String) -> [String] {
        switch self {
        case .nsd: ["-d", "-c", configuration]
        case .knot: ["-c", configuration]
        case .bind: ["-f", "-n", "1", "-c", configuration]
        }
    }

    /// Its configuration: the zone files, one address, as few threads as it can do with.
    ///
    /// - Parameter folder: where its own files go; ends with a slash.
    func configuration(zones: [URL], port: UInt16, folder: String) -> String {
        let entries = zones.map { zone in
            let path = zone.path(percentEncoded: false)
            let apex = zone.deletingPathExtension().lastPathComponent
            return switch self {
            case .nsd:
                "zone:\n  name: \(apex)\n  zonefile: \(path)\n  provide-xfr: 127.0.0.1 NOKEY\n"
            case .knot: "  - domain: \(apex)\n    file: \(path)\n"
            case .bind: "zone \"\(apex)\" { type primary; file \"\(path)\"; };\n"
            }
        }
        return head(port, folder) + entries.joined()
    }

    /// Its configuration as a secondary server of `zones`, which it takes over from a port of
    /// 127.0.0.1.
    func configuration(
        secondaryOf zones: [String],
        at primary: UInt16,
        port: UInt16,
        folder: String
    ) -> String {
        let entries = zones.map { zone in
            switch self {
            case .nsd:
                "zone:\n  name: \(zone)\n  zonefile: \(folder)\(zone)\n"
                    + "  request-xfr: 127.0.0.1@\(primary) NOKEY\n  provide-xfr: 127.0.0.1 NOKEY\n"
            case .knot: "  - domain: \(zone)\n    master: primary\n"
            case .bind:
                "zone \"\(zone)\" { type secondary; primaries { 127.0.0.1 port \(primary); };"
                    + " request-ixfr no; };\n"
            }
        }
        let remote = "remote:\n  - id: primary\n    address: 127.0.0.1@\(primary)\n"
        return (self == .knot ? remote : "") + head(port, folder) + entries.joined()
    }

    private func head(_ port: UInt16, _ folder: String) -> String {
        switch self {
        case .nsd: Self.nsd(port, folder)
        case .knot: Self.knot(port, folder)
        case .bind: Self.bind(port, folder)
        }
    }

    private static func nsd(_ port: UInt16, _ folder: String) -> String {
        """
        server:
          ip-address: 127.0.0.1@\(port)
          server-count: 1
          username: ""
          chroot: ""
          database: ""
          zonesdir: "/"
          zonelistfile: \(folder)zone.list
          xfrdfile: \(folder)xfrd.state
          xfrdir: \(folder)
          pidfile: \(folder)nsd.pid
          round-robin: no
          minimal-responses: no
          tcp-timeout: 120
          rrl-ratelimit: 0
          rrl-whitelist-ratelimit: 0
        remote-control:
          control-enable: no

        """
    }

    private static func knot(_ port: UInt16, _ folder: String) -> String {
        """
        server:
            listen: 127.0.0.1@\(port)
            rundir: \(folder)
            udp-workers: 1
            tcp-workers: 1
            background-workers: 1
            tcp-max-clients: 100
            tcp-io-timeout: 0
            tcp-idle-timeout: 120
            udp-max-payload: 1232
        log:
          - target: stderr
            any: warning
        database:
            storage: \(folder)
            journal-db-max-size: 10M
            timer-db-max-size: 10M
            kasp-db-max-size: 10M
            catalog-db-max-size: 10M
        template:
          - id: default
            semantic-checks: off
            zonefile-sync: -1
            zonefile-load: whole
            journal-content: none
        zone:

        """
    }

    /// The limits on records came with CVE-2024-1737; the zones here are meant to be odd.
    private static func bind(_ port: UInt16, _ folder: String) -> String {
        """
        options {
            directory "\(folder)";
            listen-on port \(port) { 127.0.0.1; };
            listen-on-v6 { none; };
            pid-file "\(folder)named.pid";
            lock-file none;
            session-keyfile "\(folder)session.key";
            managed-keys-directory "\(folder)";
            recursion no;
            minimal-responses no;
            minimal-any yes;
            check-names primary ignore;
            check-integrity no;
            check-mx-cname ignore;
            check-srv-cname ignore;
            check-wildcard no;
            check-dup-records ignore;
            notify no;
            dnssec-validation no;
            empty-zones-enable no;
            max-records-per-type 0;
            max-types-per-name 0;
            zero-no-soa-ttl no;
            answer-cookie no;
            edns-udp-size 1232;
            max-udp-size 1232;
        };
        controls { };
        logging { channel errors { stderr; severity warning; }; category default { errors; }; };

        """
    }
}

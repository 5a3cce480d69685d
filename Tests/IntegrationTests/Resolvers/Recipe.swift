internal import Foundation
internal import TestSupport
internal import Testing

/// The resolvers that `Config/resolvers` has a recipe for, besides plain resolv.conf.
///
/// Each is the distribution's own program, unpacked by `Tests/peers.sh`, with the recipe's file as
/// it is shipped: only Rollcall's port is another one.
enum Recipe: String, CaseIterable, CustomTestStringConvertible {
    case dnsmasq = "dnsmasq.conf"
    case unbound = "unbound.conf"
    case bind = "named.conf.local"
    case systemdResolved = "systemd-resolved.conf"

    var testDescription: String { rawValue }

    /// The shipped file, for a Rollcall that answers on `port`.
    func text(rollcallPort port: UInt16) throws -> String {
        let file = Fixtures.repository.appending(path: "Config/resolvers/\(rawValue)")
        let text = try String(contentsOf: file, encoding: .utf8)
        guard text.contains("8600") else {
            throw UnexpectedAnswer(description: "\(rawValue) does not name port 8600")
        }
        return text.replacing("8600", with: "\(port)")
    }

    /// Writes what the program needs into `scratch` and returns the command that runs it there.
    ///
    /// The frame around the recipe is what a distribution has anyway: where to listen, and a signed
    /// root, which is what private domains fail at. Its servers are on the own host, where nobody
    /// is.
    func command(
        in scratch: ScratchFolder,
        port: UInt16,
        rollcallPort: UInt16
    ) throws -> [String] {
        let recipe = try text(rollcallPort: rollcallPort)
        let recipePath = try scratch.write(recipe, to: "recipe.conf")
        let hints = try scratch.write(
            ". 3600000 NS a.root.\na.root. 3600000 A 127.0.0.1\n",
            to: "root.hints"
        )
        let run = Peers.run
        switch self {
        case .dnsmasq:
            let file = try scratch.write(
                """
                port=\(port)
                listen-address=127.0.0.1
                bind-interfaces
                no-resolv
                no-hosts
                stop-dns-rebind
                log-facility=-
                user=\(NSUserName())
                conf-file=\(recipePath)

                """,
                to: "dnsmasq.conf"
            )
            return run + ["dnsmasq", "--keep-in-foreground", "--pid-file", "-C", file]
        case .unbound:
            let file = try scratch.write(
                """
                server:
                    interface: 127.0.0.1
                    port: \(port)
                    chroot: ""
                    username: ""
                    directory: "\(scratch.path(""))"
                    pidfile: ""
                    use-syslog: no
                    root-hints: "\(hints)"
                    trust-anchor: "\(Self.rootTrustAnchor)"
                    private-address: 10.0.0.0/8
                    qname-minimisation: yes
                    qname-minimisation-strict: yes
                    harden-below-nxdomain: yes
                    aggressive-nsec: yes
                include: "\(recipePath)"
                remote-control:
                    control-enable: no

                """,
                to: "unbound.conf"
            )
            return run + ["unbound", "-d", "-c", file]
        case .bind:
            let file = try scratch.write(
                """
                options {
                    directory "\(scratch.path(""))";
                    listen-on port \(port) { 127.0.0.1; };
                    listen-on-v6 { none; };
                    pid-file none;
                    lock-file none;
                    session-keyfile none;
                    dnssec-validation yes;
                    \(optionsInComments(recipe).joined(separator: "\n    "))
                };
                controls { };
                trust-anchors {
                    . static-ds 20326 8 2 "\(Self.rootTrustAnchor.split(separator: " ")[6])";
                };
                zone "." { type hint; file "\(hints)"; };
                include "\(recipePath)";

                """,
                to: "named.conf"
            )
            return run + ["named", "-g", "-c", file]
        case .systemdResolved:
            // Its configuration has fixed places; `Forwarder` lays them out in a namespace.
            return run + ["systemd-resolved"]
        }
    }

    /// The root's key, as distributions ship it.
    private static let rootTrustAnchor =
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"

    /// BIND's recipe tells in comments what must stand in the options block.
    private func optionsInComments(_ recipe: String) -> [String] {
        recipe.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("//     "), line.hasSuffix(";") else { return nil }
            return String(line.dropFirst(7))
        }
    }
}

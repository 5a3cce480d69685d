import Foundation
import Glibc
import Testing

@testable import rollcall

@Suite("Notices to the service manager")
struct SystemdNotifyTests {
    /// A datagram socket bound to `address`, where a leading `@` stands for the abstract space.
    private func listen(_ address: String) throws -> Int32 {
        var path = Array(address.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
        let bytes = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) } + path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        let status = unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return Int32(-1) }
            return unsafe bind(
                descriptor,
                base.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count)
            )
        }
        try #require(status == 0)
        return descriptor
    }

    private func receive(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    @Test("states are sent to a socket in the file system and in the abstract space")
    func send() throws {
        let name = "rollcall-test-\(UUID().uuidString)"
        for address in ["@\(name)", FileManager.default.temporaryDirectory.path() + "/\(name)"] {
            let descriptor = try listen(address)
            defer {
                close(descriptor)
                unsafe unlink(address)
            }
            let notify = SystemdNotify(environment: ["NOTIFY_SOCKET": address])
            #expect(notify.send(.ready))
            #expect(receive(descriptor) == "READY=1")
            #expect(notify.send(.status("two\nlines")))
            #expect(receive(descriptor) == "STATUS=two lines")
            #expect(notify.send(.stopping))
            #expect(receive(descriptor) == "STOPPING=1")
        }
    }

    @Test("a reload tells when it began")
    func reloading() {
        let lines = SystemdNotify.text(of: .reloading).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect(lines.last?.dropFirst(15).allSatisfy(\.isNumber) == true)
    }

    @Test(
        "without a usable address nothing is sent",
        arguments: [
            nil, "", "relative/path", "/nowhere/\(UUID())",
            "@" + String(repeating: "x", count: 200),
        ]
    )
    func nobodyListens(address: String?) {
        var environment = ["WATCHDOG_USEC": "0"]
        environment["NOTIFY_SOCKET"] = address
        #expect(!SystemdNotify(environment: environment).send(.ready))
    }

    @Test("the watchdog counts only when it is meant for this process")
    func watchdog() {
        func interval(_ more: [String: String]) -> Duration? {
            let base = ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "2000000"]
            return SystemdNotify(environment: base.merging(more) { $1 }, processID: 7)
                .watchdogInterval
        }
        #expect(interval([:]) == .seconds(2))
        #expect(interval(["WATCHDOG_PID": "7"]) == .seconds(2))
        #expect(interval(["WATCHDOG_PID": "8"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "x"]) == nil)
    }
}

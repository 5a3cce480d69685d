/// Where an instance runs, as its registrant says.
package struct Locality: Codable, Hashable, Sendable {
    package var region: String
    package var zone: String

    package init(region: String, zone: String) {
        self.region = region
        self.zone = zone
    }
}

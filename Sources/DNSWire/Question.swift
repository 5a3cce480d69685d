/// What a query asks for (RFC 1035 §4.1.2).
package struct Question: Hashable, Sendable {
    package var name: DomainName
    package var type: RecordType
    /// 1 is IN.
    package var recordClass: UInt16

    package init(name: DomainName, type: RecordType, recordClass: UInt16 = Question.internet) {
        self.name = name
        self.type = type
        self.recordClass = recordClass
    }

    /// The class IN.
    package static let internet: UInt16 = 1
}

/// The number that grows with each change of the catalog; 0 before the first.
package typealias CatalogIndex = UInt64

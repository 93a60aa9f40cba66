"""What decides whether a part of graphmem is right: suites, oracles, strategies, and a state machine.

A store or an index of your own subclasses `graph_store.GraphStoreTests` or `vector_index.VectorIndexTests`,
supplies one fixture, and is held to the same law as those that come along::

    from graphmem.testing.graph_store import GraphStoreTests

    class TestMyStore(GraphStoreTests):
        @pytest.fixture
        async def store(self, tmp_path):
            store = MyStore(tmp_path)
            await store.open()
            yield store
            await store.aclose()

`oracle.OracleStore` and `flat.FlatIndex` are plain, obviously right and slow: what the others are compared with.
`machine.run_store_machine` runs any store beside the oracle through random histories. The modules need `pytest` and
`hypothesis`; importing this package needs neither.
"""

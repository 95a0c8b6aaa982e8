import unittest

from shares import shares


class Shares(unittest.TestCase):
    def test_halves(self):
        self.assertEqual(shares([5, 5]), [500, 500])

    def test_nothing_has_no_share(self):
        self.assertEqual(shares([3, 0, 1]), [750, 0, 250])

    def test_tenths_of_a_percent(self):
        self.assertEqual(shares([1, 7]), [125, 875])


if __name__ == "__main__":
    unittest.main()

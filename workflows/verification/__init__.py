"""The after photo: same place, gone, genuine?"""
